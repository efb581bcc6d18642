import { describe, expect, it } from 'vitest';
import type { ClusterForm } from './cluster-form.ts';
import { formOfWish } from './form-rules.ts';
import { previewCluster, type PreviewedCluster } from './preview.ts';

function cluster(config: Parameters<typeof formOfWish>[0]['config']): PreviewedCluster {
  return { displayName: 'orders', form: formOfWish({ availability: 'LOW', config }) };
}

function protectedOne(form: ClusterForm): ClusterForm {
  return { ...form, deletionProtection: true };
}

describe('the preview', () => {
  it('of a creation tells every step, and what the cluster may be used for', () => {
    const preview = previewCluster({ before: undefined, after: cluster({ kind: 'Standard' }) });
    expect(preview.steps.map(({ action }) => action)).toEqual(['allocatePorts', 'startBroker']);
    expect(preview).toMatchObject({
      before: undefined,
      after: { units: 10, unit: 'eCKU' },
      risks: [],
    });
    expect(preview.changes).toContainEqual({
      field: 'spec.config.kind',
      from: undefined,
      to: 'Standard',
    });
  });

  it('of a resize restarts nothing, and warns when it becomes smaller', () => {
    const small = cluster({ kind: 'Dedicated', cku: 1 });
    const large = cluster({ kind: 'Dedicated', cku: 3 });
    const up = previewCluster({ before: small, after: large });
    expect(up.steps).toMatchObject([{ action: 'applyLimits', destructive: false }]);
    expect(up.risks).toEqual([]);
    const down = previewCluster({ before: large, after: small });
    expect(down.risks).toMatchObject([{ level: 'medium' }]);
    expect(down.changes).toContainEqual({
      field: 'limits.connections',
      from: '54000',
      to: '18000',
    });
  });

  it('of a new name does nothing', () => {
    const before = cluster({ kind: 'Basic' });
    const preview = previewCluster({ before, after: { ...before, displayName: 'carts' } });
    expect(preview).toMatchObject({
      changes: [{ field: 'spec.display_name', from: 'orders', to: 'carts' }],
      steps: [],
      risks: [],
    });
  });

  it('of a deletion tells what is lost, or that it is refused', () => {
    const before = cluster({ kind: 'Dedicated', cku: 1 });
    const preview = previewCluster({ before, after: undefined });
    expect(preview.steps.map(({ action }) => action)).toEqual([
      'stopBroker',
      'removeData',
      'forget',
    ]);
    expect(preview.steps.every(({ destructive }) => destructive)).toBe(true);
    expect(preview.risks).toMatchObject([{ level: 'high' }]);
    const kept = { ...before, form: protectedOne(before.form) };
    const refused = previewCluster({ before: kept, after: undefined });
    expect(refused.risks[0]?.detail).toContain('refused');
  });
});

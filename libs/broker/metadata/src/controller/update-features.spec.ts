import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { registerBroker } from './brokers.ts';
import { registrationOf } from '../spec-builders.ts';
import { updateFeatures, UpgradeType } from './update-features.ts';

const { UPGRADE, SAFE_DOWNGRADE, UNSAFE_DOWNGRADE } = UpgradeType;

type Update = readonly [feature: string, level: number, upgradeType?: number];

function update(
  cluster: SpecCluster,
  updates: readonly Update[],
  options: { version?: number; validateOnly?: boolean; allowDowngrade?: boolean } = {},
) {
  const { allowDowngrade = false, validateOnly = false, version = 2 } = options;
  const featureUpdates = updates.map(([feature, maxVersionLevel, upgradeType = UPGRADE]) => {
    return { feature, maxVersionLevel, upgradeType, allowDowngrade };
  });
  const request = { timeoutMs: 1000, validateOnly, featureUpdates };
  return cluster.run(updateFeatures(cluster.context, request, version));
}

describe('updateFeatures', () => {
  it('raises a level and lowers it again when told to', () => {
    const cluster = clusterOf(2);
    expect(update(cluster, [['transaction.version', 2]])).toMatchObject({
      errorCode: 0,
      results: [],
    });
    expect(cluster.image.featureLevel('transaction.version')).toBe(2);
    const refused = update(cluster, [['transaction.version', 1]]);
    expect(refused.errorCode).toBe(KafkaError.INVALID_UPDATE_VERSION);
    expect(refused.errorMessage).toContain('downgrade');
    for (const [level, type] of [
      [1, SAFE_DOWNGRADE],
      [0, UNSAFE_DOWNGRADE],
    ] as const) {
      expect(update(cluster, [['transaction.version', level, type]]).errorCode).toBe(0);
      expect(cluster.image.featureLevel('transaction.version')).toBe(level);
    }
  });

  it('answers every feature in versions before 2', () => {
    const { results } = update(clusterOf(1), [['group.version', 1]], { version: 1 });
    expect(results).toEqual([{ feature: 'group.version', errorCode: 0, errorMessage: null }]);
  });

  it('takes the flag of version 0 for leave to go down', () => {
    const cluster = clusterOf(1);
    update(cluster, [['group.version', 1]]);
    const down: readonly Update[] = [['group.version', 0]];
    expect(update(cluster, down, { version: 0 }).errorCode).not.toBe(0);
    expect(update(cluster, down, { version: 0, allowDowngrade: true }).errorCode).toBe(0);
    expect(cluster.image.features.has('group.version')).toBe(false);
  });

  it('updates all or none', () => {
    const cluster = clusterOf(1);
    const response = update(cluster, [
      ['group.version', 1],
      ['unheard.of', 1],
    ]);
    expect(response.errorCode).toBe(KafkaError.INVALID_UPDATE_VERSION);
    expect(cluster.image.featureLevel('group.version')).toBe(0);
  });

  it('only checks when asked to', () => {
    const cluster = clusterOf(1);
    expect(update(cluster, [['group.version', 1]], { validateOnly: true }).errorCode).toBe(0);
    expect(cluster.image.featureLevel('group.version')).toBe(0);
  });

  it.each<[string, Update]>([
    ['a level above the range', ['transaction.version', 9]],
    ['a level below zero', ['transaction.version', -1]],
    ['an unknown upgrade type', ['transaction.version', 1, 7]],
    ['an older metadata.version', ['metadata.version', 29, SAFE_DOWNGRADE]],
    ['a metadata.version of zero', ['metadata.version', 0, UNSAFE_DOWNGRADE]],
  ])('refuses %s', (_, wish) => {
    expect(update(clusterOf(1), [wish]).errorCode).toBe(KafkaError.INVALID_UPDATE_VERSION);
  });

  it('refuses a level that some registered broker does not support', () => {
    const cluster = clusterOf(1);
    const features = [
      { name: 'metadata.version', minSupportedVersion: 30, maxSupportedVersion: 30 },
    ];
    const options = { brokerEpoch: cluster.log.length, sessionAlive: false, fenced: true };
    cluster.run(registerBroker(cluster.context, registrationOf(7, { features }), options));
    const response = update(cluster, [['group.version', 1]]);
    expect(response.errorMessage).toContain('broker 7');
  });
});

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { planConfiguration } from './diff.ts';
import { exportText } from './export.ts';
import {
  aclAddress,
  addressOf,
  addressStep,
  roleBindingAddress,
  type LiveObject,
} from './objects.ts';
import { formatFaults, parseWeirText } from './parse.ts';

const name = fc.string({ minLength: 1, maxLength: 8, unit: 'grapheme' });
const names = fc.uniqueArray(name, { maxLength: 3 });

/** Any organization: names of every script, with slashes, percent signs and YAML's own characters. */
const world = fc
  .record({
    environments: fc.uniqueArray(fc.tuple(name, names), {
      maxLength: 3,
      selector: ([first]) => first,
    }),
    accounts: fc.uniqueArray(fc.tuple(name, names), { maxLength: 3, selector: ([first]) => first }),
    partitions: fc.integer({ min: 1, max: 9 }),
    setting: fc.oneof(fc.string(), fc.constantFrom('true', '12', 'null', '~', '0x10', '1e3')),
    kind: fc.constantFrom('Basic', 'Standard'),
  })
  .map(({ accounts, environments, kind, partitions, setting }) => {
    const live: LiveObject[] = [];
    const add = (one: Omit<LiveObject, 'id'>): void =>
      void live.push({ ...one, id: `${live.length}` });
    for (const [account, keys] of accounts) {
      const address = addressOf('service_account', account);
      add({ kind: 'service_account', address, fields: { description: setting }, needs: [] });
      for (const key of keys)
        add({
          kind: 'api_key',
          address: addressOf('api_key', account, key),
          fields: { for: 'cloud', description: '' },
          needs: [address],
        });
    }
    for (const [environment, clusters] of environments) {
      add({
        kind: 'environment',
        address: addressOf('environment', environment),
        fields: {},
        needs: [],
      });
      for (const cluster of clusters)
        addCluster(add, {
          environment,
          cluster,
          kind,
          partitions,
          setting,
          accounts: accounts.map(([one]) => one),
        });
    }
    return live;
  });

function addCluster(
  add: (one: Omit<LiveObject, 'id'>) => void,
  seed: {
    environment: string;
    cluster: string;
    kind: string;
    partitions: number;
    setting: string;
    accounts: readonly string[];
  },
): void {
  const place = [seed.environment, seed.cluster] as const;
  const address = addressOf('cluster', ...place);
  const needs = [address, addressOf('environment', seed.environment)];
  const fields = { kind: seed.kind, availability: 'LOW', cloud: 'AWS', region: 'home' };
  add({ kind: 'cluster', address, fields, needs: needs.slice(1) });
  const config = { 'retention.ms': '1000', x: seed.setting };
  add({
    kind: 'topic',
    address: addressOf('topic', ...place, 't'),
    fields: { partitions: seed.partitions, config },
    needs,
  });
  for (const principal of seed.accounts) {
    const acl = {
      principal,
      permission: 'ALLOW',
      operation: 'READ',
      resource_type: 'TOPIC',
      resource_name: 't',
      pattern_type: 'LITERAL',
      host: '*',
    };
    add({ kind: 'acl', address: aclAddress(place, acl), fields: acl, needs });
    const on = place.map(addressStep).join('/');
    const binding = { principal, role: 'DeveloperRead', on, resource: 'topic=t*' };
    add({ kind: 'role_binding', address: roleBindingAddress(binding), fields: binding, needs });
  }
  const quota = {
    description: '',
    principals: ['<default>'],
    ingress_byte_rate: 1,
    egress_byte_rate: 2,
  };
  add({ kind: 'quota', address: addressOf('quota', ...place, 'q'), fields: quota, needs });
}

test('what was exported plans nothing, whatever things are called', () => {
  fc.assert(
    fc.property(world, (live) => {
      const text = exportText('all', live, ['a remark']);
      const parsed = parseWeirText(text);
      expect(parsed.ok ? '' : `${formatFaults(parsed.faults, 'f')}\n${text}`).toBe('');
      const declared = parsed.ok ? parsed.objects : [];
      expect(declared).toHaveLength(live.length);
      const plan = planConfiguration({ configuration: 'all', declared, live, owned: [] });
      expect(plan.changes).toEqual([]);
      expect(plan.unchanged).toBe(live.length);
    }),
    { seed: 20261121, numRuns: 100 },
  );
});

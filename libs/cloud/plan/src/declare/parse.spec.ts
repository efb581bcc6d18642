import { describe, expect, test } from 'vitest';
import { formatFaults, parseWeirText, parseWeirValue } from './parse.ts';
import { weirJsonSchema } from './schema.ts';

const GOOD = `
name: shop
environments:
  production:
    clusters:
      orders:
        kind: Dedicated
        cloud: AWS
        region: home
        cku: 2
        availability: MULTI_ZONE
        topics:
          payments: { partitions: 6, config: { retention.ms: 86400000, preallocate: true }, protect: true }
        acls:
          - { principal: checkout, operation: READ, resource_type: TOPIC, resource_name: payments }
        quotas:
          slow: { principals: [checkout], ingress_byte_rate: 1000, egress_byte_rate: 2000 }
service_accounts:
  checkout:
    keys:
      main: { for: production/orders }
role_bindings:
  - { principal: checkout, role: DeveloperRead, on: production/orders, topic: pay-* }
`;

function faultsOf(text: string): string {
  const parsed = parseWeirText(text);
  return parsed.ok ? '' : formatFaults(parsed.faults, 'weir.yaml');
}

test('a good file becomes objects with addresses, what they need, and settings as text', () => {
  const parsed = parseWeirText(GOOD);
  expect(parsed.ok ? '' : parsed.faults).toBe('');
  const objects = parsed.ok ? parsed.objects : [];
  expect(objects.map(({ address }) => address)).toEqual([
    'environment.production',
    'cluster.production/orders',
    'topic.production/orders/payments',
    'acl.production/orders/ALLOW READ TOPIC LITERAL/payments/checkout/*',
    'quota.production/orders/slow',
    'service_account.checkout',
    'api_key.checkout/main',
    'role_binding.checkout/DeveloperRead/production%2Forders/topic=pay-*',
  ]);
  const topic = objects.find(({ kind }) => kind === 'topic');
  expect(topic?.fields).toEqual({
    partitions: 6,
    config: { 'retention.ms': '86400000', preallocate: 'true' },
  });
  const key = objects.find(({ kind }) => kind === 'api_key');
  expect(key?.needs).toContain('cluster.production/orders');
});

test('what holds something protected is protected', () => {
  const parsed = parseWeirText(GOOD);
  const protectedOnes = parsed.ok ? parsed.objects.filter(({ protect }) => protect) : [];
  expect(protectedOnes.map(({ kind }) => kind)).toEqual(['environment', 'cluster', 'topic']);
});

describe('every fault names its line, its field and the fix', () => {
  test.each([
    [
      'an unknown key',
      GOOD.replace('cku: 2', 'ckus: 2'),
      'weir.yaml:10: environments.production.clusters.orders.ckus: Unknown key "ckus". Did you mean cku?',
    ],
    [
      'an unknown key deep in a list',
      GOOD.replace('operation: READ', 'operation: READ, hosst: x'),
      'weir.yaml:15: environments.production.clusters.orders.acls.0.hosst: Unknown key "hosst". Did you mean host?',
    ],
    [
      'a misspelt word',
      GOOD.replace('kind: Dedicated', 'kind: Dedicate'),
      'weir.yaml:7: environments.production.clusters.orders.kind: "Dedicate" is not known',
    ],
    [
      'a missing field',
      GOOD.replace('        region: home\n', ''),
      'weir.yaml:6: environments.production.clusters.orders.region: Required',
    ],
    [
      'an account that is not declared',
      GOOD.replace('principal: checkout, role', 'principal: chekout, role'),
      'weir.yaml:23: role_bindings.0.principal: There is no service account "chekout" in this file. Did you mean checkout?',
    ],
    [
      'a place that is not declared',
      GOOD.replace('for: production/orders', 'for: production/order'),
      'weir.yaml:21: service_accounts.checkout.keys.main.for: "production/order" names no cluster of this file. Did you mean production/orders?',
    ],
    ['text that is no YAML', 'name: [', 'weir.yaml:1: This is not YAML'],
    [
      'the same key twice',
      `${GOOD}name: again\n`,
      'weir.yaml:24: This is not YAML: Map keys must be unique',
    ],
    [
      'an ACL on a topic without a name',
      GOOD.replace(', resource_name: payments', ''),
      'Required: the name of the TOPIC',
    ],
    ['an empty file', '', 'weir.yaml'],
  ])('%s', (_, text, expected) => {
    expect(faultsOf(text)).toContain(expected);
  });
});

test('the same thing twice is refused', () => {
  const twice = GOOD.replace(
    'role_bindings:\n',
    'role_bindings:\n  - { principal: checkout, role: DeveloperRead, on: production/orders, topic: pay-* }\n',
  );
  expect(faultsOf(twice)).toContain('is declared twice');
});

test('data is checked as text is', () => {
  expect(parseWeirValue({ name: 'shop' })).toMatchObject({ ok: true, objects: [] });
  expect(parseWeirValue({ nam: 'shop' })).toMatchObject({ ok: false });
});

test('an alias bomb is refused', () => {
  const rows = Array.from(
    { length: 9 },
    (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(',')}]`,
  );
  expect(faultsOf(`a0: &a0 x\n${rows.join('\n')}\n`)).toContain('not YAML');
});

test('the published JSON Schema names every part of a file and refuses others', () => {
  expect(weirJsonSchema()).toMatchObject({
    type: 'object',
    required: ['name'],
    additionalProperties: false,
    properties: { environments: {}, service_accounts: {}, role_bindings: {} },
  });
});

test('a known word in another case is suggested', () => {
  const parsed = parseWeirText(GOOD.replace('kind: Dedicated', 'kind: dedicated'));
  expect(parsed).toMatchObject({
    faults: [{ message: expect.stringContaining('did you mean Dedicated?') as unknown }],
  });
});

test('a file within an environment says nothing about the rest of the organization', () => {
  const parsed = parseWeirText(`
name: team
within: prod
environments:
  prod: { protect: true }
  test: {}
service_accounts:
  app: { description: sells, keys: { all: { for: global } } }
role_bindings:
  - { principal: app, role: MetricsViewer, on: organization }
`);
  expect(parsed.ok ? '' : formatFaults(parsed.faults, 'team.yaml')).toBe(
    [
      'team.yaml:5: environments.prod.protect: A file does not make the environment that it is within: leave protect out.',
      'team.yaml:6: environments.test: The file is within prod: delete this environment.',
      'team.yaml:8: service_accounts.app.description: A file within an environment names accounts and makes none: leave description out.',
      'team.yaml:8: service_accounts.app.keys.all.for: A global key opens more than prod: write a cluster of this file.',
      'team.yaml:10: role_bindings.0.on: The file is within prod: write prod or a cluster of this file.',
    ].join('\n'),
  );
});

test('a file within an environment makes neither it nor accounts, but needs them to be there', () => {
  const parsed = parseWeirText(`
name: team
within: prod
environments: { prod: { clusters: { main: { kind: Basic, cloud: AWS, region: home } } } }
service_accounts: { app: { keys: { main: { for: prod/main } } } }
role_bindings: [{ principal: app, role: Operator, on: prod }]
`);
  expect(parsed).toMatchObject({
    ok: true,
    requires: ['environment.prod', 'service_account.app'],
    objects: [{ kind: 'cluster' }, { kind: 'api_key' }, { kind: 'role_binding' }],
  });
});

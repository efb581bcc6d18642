import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Acl, AclOperation, AclResourceType } from './acl.ts';
import { compileRoleBindings, type RoleBinding } from './role-acls.ts';
import { ROLES } from './roles.ts';

const RUNS = { seed: 5, numRuns: 1_000 };
const CLUSTER = { organizationId: 'o1', environmentId: 'e1', clusterId: 'c1' };
const LEAVES = {
  topic: 'topic',
  group: 'group',
  'transactional-id': 'transactional_id',
} as const satisfies Readonly<Record<string, AclResourceType>>;
const OPERATIONS: readonly AclOperation[] = [
  'read',
  'write',
  'create',
  'delete',
  'alter',
  'describe',
  'cluster_action',
  'describe_configs',
  'alter_configs',
  'idempotent_write',
];

/** A binding before it is written as text, so that the evaluator never parses a CRN. */
interface Bound {
  readonly principal: string;
  readonly roleName: string;
  readonly place: readonly (readonly [key: string, value: string])[];
}

interface Request {
  readonly principal: string;
  readonly type: AclResourceType;
  readonly name: string;
  readonly operation: AclOperation;
}

const name = fc.constantFrom('a', 'ab', 'abc', 'b', 'a/b', 'ä', 'a=b');
const pattern = fc.oneof(
  name,
  name.map((text) => `${text}*`),
  fc.constant('*'),
);
const id = (own: string): fc.Arbitrary<string> => fc.constantFrom(own, own, own, 'x9', '*');
const principal = fc.constantFrom('User:sa-1', 'User:sa-2');

const bound: fc.Arbitrary<Bound> = fc.record({
  principal,
  roleName: fc.constantFrom(...ROLES.map((role) => role.name), 'constructor', ''),
  place: fc
    .tuple(id('o1'), id('e1'), id('c1'), fc.constantFrom(...Object.keys(LEAVES)), pattern)
    .chain(([organization, environment, cluster, leaf, value]) =>
      fc.integer({ min: 1, max: 5 }).map((steps) =>
        (
          [
            ['organization', organization],
            ['environment', environment],
            ['cloud-cluster', cluster],
            ['kafka', cluster],
            [leaf, value],
          ] as const
        ).slice(0, steps),
      ),
    ),
});

const request: fc.Arbitrary<Request> = fc
  .record({
    principal,
    type: fc.constantFrom<AclResourceType[]>('topic', 'group', 'transactional_id', 'cluster'),
    name,
    operation: fc.constantFrom(...OPERATIONS),
  })
  .map((one) => (one.type === 'cluster' ? { ...one, name: 'kafka-cluster' } : one));

function toBinding({ place, ...rest }: Bound): RoleBinding {
  const steps = place.map(
    ([key, value]) => `${key}=${encodeURIComponent(value).replaceAll('%2A', '*')}`,
  );
  return { ...rest, crnPattern: `crn://anywhere/${steps.join('/')}` };
}

/** What a binding means, said without ACLs. */
function roleAllows({ principal: who, roleName, place }: Bound, wish: Request): boolean {
  const role = ROLES.find((candidate) => candidate.name === roleName);
  const [scope = '', value = ''] = place.at(-1) ?? [];
  if (who !== wish.principal || !role?.scopes.some((allowed) => allowed === scope)) return false;
  const ids = ['o1', 'e1', 'c1', 'c1'];
  if (!place.slice(0, 4).every(([, own], index) => matches(own, ids[index] ?? ''))) return false;
  const operations = role.kafka[wish.type] ?? [];
  if (!operations.includes('all') && !operations.includes(wish.operation)) return false;
  if (scope === 'kafka') return wish.type === 'cluster';
  const leaf = LEAVES[scope as keyof typeof LEAVES] as AclResourceType | undefined;
  return leaf === undefined || (leaf === wish.type && matches(value, wish.name));
}

function matches(own: string, value: string): boolean {
  return own.endsWith('*') ? value.startsWith(own.slice(0, -1)) : own === value;
}

/** Kafka's own rule (KIP-290 patterns; read, write, delete and alter let describe). */
function aclsAllow(acls: readonly Acl[], wish: Request): boolean {
  return acls.some(
    (acl) =>
      acl.permission === 'allow' &&
      acl.principal === wish.principal &&
      acl.resourceType === wish.type &&
      (acl.patternType === 'prefixed'
        ? wish.name.startsWith(acl.resourceName)
        : acl.resourceName === '*' || acl.resourceName === wish.name) &&
      (acl.operation === 'all' ||
        acl.operation === wish.operation ||
        (wish.operation === 'describe' &&
          ['read', 'write', 'delete', 'alter'].includes(acl.operation)) ||
        (wish.operation === 'describe_configs' && acl.operation === 'alter_configs')),
  );
}

test('compiled ACLs allow exactly what the roles allow', () => {
  let allowed = 0;
  fc.assert(
    fc.property(
      fc.array(bound, { maxLength: 6 }),
      fc.array(request, { minLength: 20, maxLength: 20 }),
      (bounds, requests) => {
        const acls = compileRoleBindings(bounds.map(toBinding), CLUSTER);
        for (const wish of requests) {
          const expected = bounds.some((one) => roleAllows(one, wish));
          if (expected) allowed += 1;
          expect(aclsAllow(acls, wish), JSON.stringify({ bounds, wish })).toBe(expected);
        }
      },
    ),
    RUNS,
  );
  expect(allowed).toBeGreaterThan(200);
});

import { PERMISSIONS, type Permission } from '@weirhouse/cloud-contract';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { allows, allowsSomewhere, grantsOf, includesGrant, visibleChildren } from './grants.ts';
import { ROLES } from './roles.ts';

const RUNS = { seed: 7, numRuns: 2_000 };
const PERMISSION_NAMES = Object.entries(PERMISSIONS).flatMap(([resource, verbs]) =>
  verbs.map((verb) => `${resource}:${verb}` as Permission),
);

const CRNS = [
  'crn://w/organization=o',
  'crn://w/organization=p',
  'crn://w/organization=o/service-account=sa-1',
  'crn://w/organization=o/environment=e1',
  'crn://w/organization=o/environment=e2',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1/topic=a',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1/topic=ab',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1/group=a',
];
const PATTERNS = [
  ...CRNS,
  'crn://w/organization=o/environment=*',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1/topic=a*',
  'crn://w/organization=o/environment=e1/cloud-cluster=c1/kafka=c1/topic=*',
];

const binding = fc.record({
  roleName: fc.constantFrom(...ROLES.map(({ name }) => name)),
  crnPattern: fc.constantFrom(...PATTERNS),
});
const permission = fc.constantFrom(...PERMISSION_NAMES);

test('who hands on only what is included hands on nothing they do not have', () => {
  let included = 0;
  fc.assert(
    fc.property(fc.array(binding, { minLength: 1, maxLength: 3 }), binding, (own, handedOn) => {
      const grants = grantsOf(own);
      const [grant] = grantsOf([handedOn]);
      if (grant === undefined || !includesGrant(grants, grant)) return;
      included += 1;
      const gained = CRNS.flatMap((crn) =>
        PERMISSION_NAMES.filter(
          (one) => allows([grant], one, crn) && !allows(grants, one, crn),
        ).map((one) => `${one} on ${crn}`),
      );
      expect(gained).toEqual([]);
    }),
    RUNS,
  );
  expect(included).toBeGreaterThan(20);
});

test('what is allowed on one thing is allowed somewhere', () => {
  fc.assert(
    fc.property(fc.array(binding), permission, fc.constantFrom(...CRNS), (own, one, crn) => {
      const grants = grantsOf(own);
      expect(allows(grants, one, crn) && !allowsSomewhere(grants, one)).toBe(false);
    }),
    RUNS,
  );
});

test('a list shows exactly the children that may be read one by one', () => {
  const place = { holderCrn: 'crn://w/organization=o', key: 'environment' };
  fc.assert(
    fc.property(fc.array(binding), fc.constantFrom('e1', 'e2', 'e3'), (own, id) => {
      const grants = grantsOf(own);
      const visible = visibleChildren(grants, 'environment:read', place);
      const shown =
        visible === 'all' ||
        visible.ids.includes(id) ||
        visible.prefixes.some((prefix) => id.startsWith(prefix));
      const crn = `${place.holderCrn}/environment=${id}`;
      expect(shown).toBe(allows(grants, 'environment:read', crn));
    }),
    RUNS,
  );
});

test('every role that may bind roles may hand on itself', () => {
  const grants = ROLES.flatMap(({ name }) =>
    PATTERNS.flatMap((crnPattern) => grantsOf([{ roleName: name, crnPattern }])),
  );
  const binding = grants.filter(({ role }) => role.within.includes('role-binding:create'));
  expect(binding.length).toBeGreaterThan(4);
  for (const grant of binding) expect(includesGrant([grant], grant), grant.role.name).toBe(true);
});

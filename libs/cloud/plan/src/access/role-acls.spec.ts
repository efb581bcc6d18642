import {
  clusterCrn,
  clusterRbacCrn,
  environmentCrn,
  organizationCrn,
} from '@weirhouse/cloud-contract';
import { describe, expect, it } from 'vitest';
import { aclChanges, aclKey } from './acl.ts';
import { compileRoleBindings, type RoleBinding } from './role-acls.ts';

const SCOPE = { organizationId: 'o-1', environmentId: 'env-a', clusterId: 'lkc-1' };
const ORGANIZATION = 'crn://weirhouse/organization=o-1';

function binding(change: Partial<RoleBinding> = {}): RoleBinding {
  return {
    principal: 'User:sa-abc',
    roleName: 'CloudClusterAdmin',
    crnPattern: `${ORGANIZATION}/environment=env-a/cloud-cluster=lkc-1`,
    ...change,
  };
}

describe('compileRoleBindings', () => {
  it('gives a cluster admin everything in the cluster and nothing else', () => {
    const acls = compileRoleBindings([binding()], SCOPE);
    expect(acls.map((acl) => `${acl.resourceType} ${acl.resourceName} ${acl.operation}`)).toEqual([
      'cluster kafka-cluster all',
      'group * all',
      'topic * all',
      'transactional_id * all',
    ]);
    expect(acls.every((acl) => acl.principal === 'User:sa-abc' && acl.host === '*')).toBe(true);
    expect(acls.every((acl) => acl.permission === 'allow')).toBe(true);
  });

  it('gives the same list whatever the order and repetition of the bindings', () => {
    const other = binding({ principal: 'User:sa-xyz' });
    const once = compileRoleBindings([binding(), other], SCOPE);
    expect(compileRoleBindings([other, binding(), other], SCOPE)).toEqual(once);
    expect(once).toHaveLength(8);
  });

  it.each([
    ['another cluster', `${ORGANIZATION}/environment=env-a/cloud-cluster=lkc-2`],
    ['another environment', `${ORGANIZATION}/environment=env-b/cloud-cluster=lkc-1`],
    [
      'a longer id with the same beginning',
      `${ORGANIZATION}/environment=env-a/cloud-cluster=lkc-11`,
    ],
    [
      'one topic of the cluster',
      `${ORGANIZATION}/environment=env-a/cloud-cluster=lkc-1/kafka=lkc-1/topic=t`,
    ],
    ['segments in the wrong order', 'crn://weirhouse/environment=env-a/organization=o-1'],
    ['no segment', 'crn://weirhouse/'],
    ['text that is not a CRN', 'everything'],
  ])('gives nothing for %s', (_what, crnPattern) => {
    expect(compileRoleBindings([binding({ crnPattern })], SCOPE)).toEqual([]);
  });

  it.each([
    ['the organization', 'OrganizationAdmin', organizationCrn(SCOPE.organizationId)],
    [
      'the environment',
      'EnvironmentAdmin',
      environmentCrn(SCOPE.organizationId, SCOPE.environmentId),
    ],
    ['every environment', 'EnvironmentAdmin', `${ORGANIZATION}/environment=*`],
    ['its own name', 'CloudClusterAdmin', clusterRbacCrn(SCOPE)],
    [
      'its own name under another authority, percent-encoded',
      'CloudClusterAdmin',
      'crn://elsewhere/organization=o-1/environment=env%2Da/cloud-cluster=lkc-1',
    ],
    [
      'a prefix of cluster ids',
      'CloudClusterAdmin',
      `${ORGANIZATION}/environment=env-a/cloud-cluster=lkc-*`,
    ],
  ])('covers the cluster by %s', (_what, roleName, crnPattern) => {
    expect(compileRoleBindings([binding({ roleName, crnPattern })], SCOPE)).toHaveLength(4);
  });

  it.each([
    ['CloudClusterAdmin', organizationCrn(SCOPE.organizationId)],
    ['CloudClusterAdmin', clusterCrn(SCOPE)],
    ['DeveloperRead', clusterRbacCrn(SCOPE)],
    ['DeveloperRead', clusterCrn(SCOPE)],
    ['ResourceOwner', `${clusterCrn({ ...SCOPE, clusterId: 'lkc-2' })}/topic=t`],
    ['ResourceOwner', `${clusterRbacCrn(SCOPE)}/kafka=lkc-2/topic=t`],
  ])('gives nothing for %s bound to %s', (roleName, crnPattern) => {
    expect(compileRoleBindings([binding({ roleName, crnPattern })], SCOPE)).toEqual([]);
  });

  it('turns names, beginnings and everything into patterns of Kafka', () => {
    const compiled = (leaf: string): readonly string[] =>
      compileRoleBindings(
        [binding({ roleName: 'DeveloperRead', crnPattern: `${clusterCrn(SCOPE)}/${leaf}` })],
        SCOPE,
      ).map((acl) => `${acl.resourceType} ${acl.patternType} ${acl.resourceName} ${acl.operation}`);
    expect(compiled('topic=orders')).toEqual([
      'topic literal orders describe',
      'topic literal orders read',
    ]);
    expect(compiled('group=a%2Fb*')).toEqual([
      'group prefixed a/b describe',
      'group prefixed a/b read',
    ]);
    expect(compiled('transactional-id=*')).toEqual(['transactional_id literal * describe']);
  });

  it('gives nothing for a role it does not know', () => {
    expect(compileRoleBindings([binding({ roleName: 'MetricsViewer' })], SCOPE)).toEqual([]);
    expect(compileRoleBindings([binding({ roleName: 'constructor' })], SCOPE)).toEqual([]);
  });
});

describe('aclChanges', () => {
  it('creates what is missing and removes what is too much', () => {
    const desired = compileRoleBindings([binding()], SCOPE);
    const present = compileRoleBindings([binding({ principal: 'User:sa-old' })], SCOPE);
    const changes = aclChanges(desired, [...present, ...desired.slice(1)]);
    expect(changes.create).toEqual(desired.slice(0, 1));
    expect(changes.remove.map(aclKey)).toEqual(present.map(aclKey));
  });

  it('finds nothing to do between equal sets in any order', () => {
    const acls = compileRoleBindings([binding()], SCOPE);
    expect(aclChanges(acls, acls.toReversed())).toEqual({ create: [], remove: [] });
  });
});

import {
  clusterCrn,
  clusterRbacCrn,
  environmentCrn,
  organizationCrn,
} from '@weirhouse/cloud-contract';
import { describe, expect, it } from 'vitest';
import { allows, allowsSomewhere, grantsOf, visibleChildren, type Grant } from './grants.ts';
import { ROLES } from './roles.ts';

const O = 'o-1';
const ORGANIZATION = organizationCrn(O);
const ENVIRONMENT = environmentCrn(O, 'env-a');
const PLACE = { organizationId: O, environmentId: 'env-a', clusterId: 'lkc-1' };
const CLUSTER = clusterRbacCrn(PLACE);
const KAFKA = clusterCrn(PLACE);

function grant(roleName: string, crnPattern: string): readonly Grant[] {
  return grantsOf([{ roleName, crnPattern }]);
}

describe('allows', () => {
  it.each([
    ['an organization’s admin deletes any environment', 'OrganizationAdmin', ORGANIZATION],
    ['an environment’s admin deletes it', 'EnvironmentAdmin', ENVIRONMENT],
  ])('%s', (_what, role, pattern) => {
    expect(allows(grant(role, pattern), 'environment:delete', ENVIRONMENT)).toBe(true);
  });

  it.each([
    ['in another environment', 'EnvironmentAdmin', environmentCrn(O, 'env-ab'), ENVIRONMENT],
    ['in another organization', 'OrganizationAdmin', organizationCrn('o-2'), ENVIRONMENT],
    ['with a role of the cluster', 'CloudClusterAdmin', CLUSTER, ENVIRONMENT],
    ['with a role bound too high', 'CloudClusterAdmin', ORGANIZATION, ENVIRONMENT],
    ['with a role bound too low', 'OrganizationAdmin', ENVIRONMENT, ENVIRONMENT],
    ['with a role nobody knows', 'Root', ORGANIZATION, ENVIRONMENT],
    ['with a role of a prototype', 'constructor', ORGANIZATION, ENVIRONMENT],
    ['on text that is no CRN', 'OrganizationAdmin', ORGANIZATION, 'everything'],
    ['by a pattern that is no CRN', 'OrganizationAdmin', '*', ENVIRONMENT],
  ])('refuses to delete %s', (_what, role, pattern, crn) => {
    expect(allows(grant(role, pattern), 'environment:delete', crn)).toBe(false);
  });

  it('shows the way to what a role is bound to, and not its neighbours', () => {
    const grants = grant('DeveloperRead', `${KAFKA}/topic=orders*`);
    expect(allows(grants, 'environment:read', ENVIRONMENT)).toBe(true);
    expect(allows(grants, 'cluster:read', KAFKA)).toBe(true);
    expect(allows(grants, 'cluster:read', clusterCrn({ ...PLACE, clusterId: 'lkc-2' }))).toBe(
      false,
    );
    expect(allows(grants, 'cluster:update', KAFKA)).toBe(false);
  });

  it('decides inside a cluster as Kafka would', () => {
    const grants = grant('DeveloperWrite', `${KAFKA}/topic=orders*`);
    expect(allows(grants, 'record:create', `${KAFKA}/topic=orders-eu`)).toBe(true);
    expect(allows(grants, 'record:create', `${KAFKA}/topic=order`)).toBe(false);
    expect(allows(grants, 'topic:delete', `${KAFKA}/topic=orders-eu`)).toBe(false);
    expect(allows(grants, 'consumer-group:read', `${KAFKA}/group=orders-eu`)).toBe(false);
  });

  it('lets a manager of the cluster create every topic and read no ACL', () => {
    const grants = grant('DeveloperManage', KAFKA);
    expect(allows(grants, 'topic:create', `${KAFKA}/topic=any`)).toBe(true);
    expect(allows(grants, 'topic:delete', `${KAFKA}/topic=any`)).toBe(false);
    expect(allows(grants, 'acl:create', KAFKA)).toBe(false);
  });

  it('shows an environment’s admin the principals of the organization, and no bill', () => {
    const grants = grant('EnvironmentAdmin', ENVIRONMENT);
    expect(allows(grants, 'service-account:read', `${ORGANIZATION}/service-account=sa-1`)).toBe(
      true,
    );
    expect(allows(grants, 'service-account:delete', `${ORGANIZATION}/service-account=sa-1`)).toBe(
      false,
    );
    expect(allows(grants, 'cost:list', ORGANIZATION)).toBe(false);
  });

  it('gives metrics and nothing else to those who view metrics', () => {
    const grants = grant('MetricsViewer', ORGANIZATION);
    expect(allows(grants, 'metric:read', KAFKA)).toBe(true);
    expect(allows(grants, 'cluster:read', KAFKA)).toBe(false);
    expect(allowsSomewhere(grants, 'topic:read')).toBe(false);
  });
});

describe('visibleChildren', () => {
  const environments = { holderCrn: ORGANIZATION, key: 'environment' };
  const topics = { holderCrn: KAFKA, key: 'topic' };

  it('shows everything to who may read everything', () => {
    const grants = grant('OrganizationAdmin', ORGANIZATION);
    expect(visibleChildren(grants, 'environment:read', environments)).toBe('all');
    expect(visibleChildren(grants, 'topic:read', topics)).toBe('all');
  });

  it('shows the places that lead to what was granted', () => {
    const grants = [
      ...grant('EnvironmentAdmin', environmentCrn(O, 'env-b')),
      ...grant('CloudClusterAdmin', CLUSTER),
    ];
    expect(visibleChildren(grants, 'environment:read', environments)).toEqual({
      ids: ['env-a', 'env-b'],
      prefixes: [],
    });
    const clusters = { holderCrn: ENVIRONMENT, key: 'cloud-cluster' };
    expect(visibleChildren(grants, 'cluster:read', clusters)).toEqual({
      ids: ['lkc-1'],
      prefixes: [],
    });
  });

  it('tells names from beginnings', () => {
    const grants = [
      ...grant('DeveloperRead', `${KAFKA}/topic=a`),
      ...grant('DeveloperRead', `${KAFKA}/topic=b*`),
      ...grant('DeveloperRead', `${KAFKA}/group=*`),
    ];
    expect(visibleChildren(grants, 'topic:read', topics)).toEqual({ ids: ['a'], prefixes: ['b'] });
    const groups = { holderCrn: KAFKA, key: 'group' };
    expect(visibleChildren(grants, 'consumer-group:read', groups)).toBe('all');
  });

  it('shows nothing to strangers', () => {
    const nothing = { ids: [], prefixes: [] };
    expect(visibleChildren([], 'environment:read', environments)).toEqual(nothing);
    const foreign = grant('OrganizationAdmin', organizationCrn('o-2'));
    expect(visibleChildren(foreign, 'environment:read', environments)).toEqual(nothing);
  });
});

describe('the roles', () => {
  it('hold, where Kafka lets one operation imply another, both', () => {
    const lists = ROLES.flatMap(({ kafka }) => Object.values(kafka));
    const describing = (['read', 'write', 'delete', 'alter'] as const).map(
      (operation) => [operation, 'describe'] as const,
    );
    for (const [operation, implied] of [
      ...describing,
      ['alter_configs', 'describe_configs'] as const,
    ]) {
      const without = lists.filter((list) => list.includes(operation) && !list.includes(implied));
      expect(without, operation).toEqual([]);
    }
  });

  it('have names of their own', () => {
    expect(new Set(ROLES.map(({ name }) => name)).size).toBe(20);
  });
});

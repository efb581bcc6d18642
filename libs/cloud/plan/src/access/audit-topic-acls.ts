import { AUDIT_TOPIC } from '@weirhouse/cloud-contract';
import type { Acl, AclOperation, AclResourceType } from './acl.ts';

/** Everybody but the platform itself, whom ACLs do not bind. */
const EVERYBODY = 'User:*';

/** What would change a topic or what it holds; to read it stays allowed to whom roles allow it. */
const CHANGES: readonly AclOperation[] = ['write', 'create', 'delete', 'alter', 'alter_configs'];

/**
 * Rights to a cluster that hold for every topic of it, whatever is denied of the topic. Nobody loses
 * by it: to delete topics the right to them is enough, and the other one is for brokers.
 */
const AROUND_TOPICS: readonly AclOperation[] = ['delete', 'cluster_action'];

/** The transactional id under which the platform writes an organization's audit events. */
export function auditTransactionalId(organizationId: string): string {
  return `weirhouse-audit-${organizationId}`;
}

/** What keeps everybody in an organization from writing, changing or deleting its audit events. */
export function auditTopicAcls(organizationId: string): readonly Acl[] {
  const id = auditTransactionalId(organizationId);
  return [
    ...CHANGES.map((operation) => denied('topic', AUDIT_TOPIC, operation)),
    ...AROUND_TOPICS.map((operation) => denied('cluster', 'kafka-cluster', operation)),
    denied('transactional_id', id, 'all'),
  ];
}

function denied(resourceType: AclResourceType, resourceName: string, operation: AclOperation): Acl {
  const patternType = 'literal';
  const whom = { principal: EVERYBODY, host: '*', permission: 'deny' } as const;
  return { resourceType, resourceName, patternType, operation, ...whom };
}

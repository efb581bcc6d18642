import { unreachable } from '@weirhouse/shared-kernel';
import type { Fields, FieldValue, ObjectKind } from './objects.ts';

/** A field that differs: what is there, and what the file wants. */
export interface FieldChange {
  readonly field: string;
  readonly before: FieldValue | undefined;
  readonly after: FieldValue;
}

/** Why a change cannot be made in place, or undefined when it can. */
export function findReplaceReason(kind: ObjectKind, change: FieldChange): string | undefined {
  const { after, before, field } = change;
  switch (kind) {
    case 'cluster':
      return findClusterReason(change);
    case 'topic':
      return field === 'partitions' && Number(after) < Number(before)
        ? `a topic cannot go from ${Number(before)} to ${Number(after)} partitions`
        : undefined;
    case 'api_key':
      return field === 'for' ? 'a key opens one thing for its whole life' : undefined;
    case 'environment':
    case 'service_account':
    case 'quota':
      return undefined;
    case 'role_binding':
    case 'acl':
      return 'it is what it says';
    default:
      return unreachable(kind);
  }
}

function findClusterReason({ after, before, field }: FieldChange): string | undefined {
  if (field === 'kind')
    return before === 'Basic' && after === 'Standard'
      ? undefined
      : `a ${JSON.stringify(before)} cluster cannot become ${JSON.stringify(after)}`;
  const fixed = ['availability', 'cloud', 'region', 'zones'].includes(field);
  return fixed ? `${field} of a cluster cannot be changed` : undefined;
}

/** What deleting an object of a kind costs. */
export function deletionRisks(kind: ObjectKind): readonly string[] {
  switch (kind) {
    case 'cluster':
      return ['data loss: every record in the cluster', 'downtime: its clients are cut off'];
    case 'topic':
      return ['data loss: every record in the topic'];
    case 'service_account':
      return ['downtime: its keys stop working, its roles and ACLs go'];
    case 'api_key':
      return ['downtime: clients with this key are refused'];
    case 'role_binding':
    case 'acl':
      return ['access: who relied on it is refused, or let in'];
    case 'quota':
      return ['load: its principals are no longer limited'];
    case 'environment':
      return [];
    default:
      return unreachable(kind);
  }
}

/** What a change in place costs. */
export function updateRisks(kind: ObjectKind, changes: readonly FieldChange[]): readonly string[] {
  return changes.flatMap(({ after, before, field }) => {
    if (kind === 'cluster' && field === 'cku')
      return Number(after) < Number(before)
        ? ['downtime: brokers are taken away one after another']
        : [];
    if (kind === 'topic' && field === 'partitions')
      return ['order: keys may move to other partitions'];
    if (kind === 'topic' && field === 'config' && shortensRetention(before, after))
      return ['data loss: older records may be deleted'];
    return [];
  });
}

function shortensRetention(before: FieldValue | undefined, after: FieldValue): boolean {
  const [was, is] = [before, after].map(
    (value) => (typeof value === 'object' ? value : {}) as Fields,
  );
  return ['retention.ms', 'retention.bytes', 'cleanup.policy'].some(
    (name) => is?.[name] !== undefined && is[name] !== was?.[name],
  );
}

import type {
  ClassicGroupRecord,
  PersistedGroup,
  PersistedMember,
} from '../records/coordinator-record.ts';
import type { ClassicGroup } from './classic-group.ts';
import { ClassicMember } from './classic-member.ts';

const NO_BYTES = Buffer.alloc(0);

/** Fixed bytes of one member in the value: lengths, timeouts. */
const MEMBER_FIXED_BYTES = 32;

/** The group as it is now, with these assignments, as the record that replay takes in. */
export function groupRecordOf(
  group: ClassicGroup,
  assignmentOf: (memberId: string) => Buffer | undefined,
): ClassicGroupRecord {
  const members = [...group.members.values()].map((member): PersistedMember => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    sessionTimeoutMs: member.sessionTimeoutMs,
    subscription: member.findMetadata(group.protocolName) ?? NO_BYTES,
    assignment: assignmentOf(member.memberId) ?? NO_BYTES,
  }));
  const value: PersistedGroup = {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocolName: group.protocolName,
    leaderId: group.leaderId,
    stateTimestampMs: group.stateTimestampMs,
    members,
  };
  return { kind: 'classic-group', groupId: group.groupId, value };
}

/** About how many bytes the record takes, never fewer than it does. */
export function groupRecordBytes(record: ClassicGroupRecord): number {
  if (record.value === null) return 0;
  const { protocolType, protocolName, leaderId, members } = record.value;
  const strings = [record.groupId, protocolType, protocolName ?? '', leaderId ?? ''];
  let bytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  for (const member of members) {
    bytes += MEMBER_FIXED_BYTES + member.subscription.length + member.assignment.length;
    bytes += Buffer.byteLength(member.memberId) + Buffer.byteLength(member.groupInstanceId ?? '');
    bytes += Buffer.byteLength(member.clientId) + Buffer.byteLength(member.clientHost);
  }
  return bytes;
}

/** Rebuilds the living group from its record. Each member speaks the chosen protocol only. */
export function restoreGroup(group: ClassicGroup, persisted: PersistedGroup): void {
  for (const saved of persisted.members) {
    const member = new ClassicMember({
      memberId: saved.memberId,
      instanceId: saved.groupInstanceId,
      clientId: saved.clientId,
      clientHost: saved.clientHost,
      sessionTimeoutMs: saved.sessionTimeoutMs,
      rebalanceTimeoutMs:
        saved.rebalanceTimeoutMs < 0 ? saved.sessionTimeoutMs : saved.rebalanceTimeoutMs,
      protocols: [{ name: persisted.protocolName ?? '', metadata: saved.subscription }],
    });
    member.isNew = false;
    group.addMember(member, persisted.protocolType);
  }
  group.restore(persisted.members.length === 0 ? 'Empty' : 'Stable', persisted);
}

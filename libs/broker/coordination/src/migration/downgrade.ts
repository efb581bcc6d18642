import { ClassicGroup, CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { ClassicMember } from '../classic/classic-member.ts';
import { rebalance, restartSession } from '../classic/rebalance.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { ConsumerMember } from '../consumer/consumer-member.ts';
import { cancelTimers } from '../consumer/timer-keys.ts';
import type { ConsumerTurn } from '../consumer/turn.ts';
import type { Operation } from '../operation.ts';
import type { PersistedGroup, PersistedMember } from '../records/coordinator-record.ts';
import { findConsumerGroup, groupSizeLimit } from '../shard-state.ts';
import { writeMemberAssignment } from './consumer-assignment.ts';

const NO_BYTES = Buffer.alloc(0);

/**
 * Turns the group into a classic one when only members of the classic protocol are left, and starts a
 * rebalance there. Returns false when others are left, nobody is, or the policy forbids it.
 */
export function downgradeIfClassic(turn: ConsumerTurn): boolean {
  const { group, operation } = turn;
  const { shard } = operation;
  const policy = shard.options.migrationPolicy;
  if (policy !== 'bidirectional' && policy !== 'downgrade') return false;
  if (group.size === 0 || group.size > groupSizeLimit(shard)) return false;
  for (const { profile } of group.members()) if (profile.classic === null) return false;
  const classic = toClassicGroup(operation, group);
  if (classic === undefined) return false;
  for (const record of group.tombstones()) operation.append(record);
  for (const { memberId } of group.members()) cancelTimers(operation, group.groupId, memberId);
  operation.append({
    kind: 'classic-group',
    groupId: group.groupId,
    value: classic.value,
  });
  shard.groups.set(group.groupId, classic.group);
  for (const member of classic.group.members.values())
    restartSession(operation, classic.group, member);
  rebalance(operation, classic.group);
  return true;
}

/** A consumer group that nobody is in makes way for a member of the classic protocol. */
export function retireEmptyGroup(operation: Operation, groupId: string): void {
  const { shard } = operation;
  const group = findConsumerGroup(shard, groupId);
  if (group === undefined || group.size > 0) return;
  for (const record of group.tombstones()) operation.append(record);
  shard.groups.delete(groupId);
}

/** The living classic group and its record; undefined when its members share no protocol. */
function toClassicGroup(
  operation: Operation,
  group: ConsumerGroup,
): { readonly group: ClassicGroup; readonly value: PersistedGroup } | undefined {
  const classic = new ClassicGroup(group.groupId);
  for (const member of group.members()) {
    const joined = toClassicMember(member);
    if (!classic.supportsProtocols(CONSUMER_PROTOCOL_TYPE, joined.protocols)) return undefined;
    classic.addMember(joined, CONSUMER_PROTOCOL_TYPE);
  }
  const protocolName = classic.selectProtocol();
  const members = Array.from(classic.members.values(), (member): PersistedMember => {
    const subscription = member.findMetadata(protocolName) ?? NO_BYTES;
    const version = subscription.length < 2 ? 0 : subscription.readInt16BE(0);
    const held = group.find(member.memberId)?.current.assigned ?? new Map();
    return {
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription,
      assignment: writeMemberAssignment(operation.shard.ports.topics, held, version),
    };
  });
  const value: PersistedGroup = {
    protocolType: CONSUMER_PROTOCOL_TYPE,
    generation: group.epoch,
    protocolName,
    leaderId: classic.leaderId,
    stateTimestampMs: operation.nowMs,
    members,
  };
  classic.restore('Stable', value);
  return { group: classic, value };
}

function toClassicMember({ memberId, profile }: ConsumerMember): ClassicMember {
  const member = new ClassicMember({
    memberId,
    instanceId: profile.instanceId,
    clientId: profile.clientId,
    clientHost: profile.clientHost,
    sessionTimeoutMs: profile.classic?.sessionTimeoutMs ?? profile.rebalanceTimeoutMs,
    rebalanceTimeoutMs: profile.rebalanceTimeoutMs,
    protocols: profile.classic?.protocols ?? [],
  });
  member.isNew = false;
  return member;
}

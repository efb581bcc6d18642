import { ClassicGroup, CONSUMER_PROTOCOL_TYPE } from '../classic/classic-group.ts';
import { ClassicMember } from '../classic/classic-member.ts';
import { groupRecordOf } from '../classic/group-record.ts';
import { rebalance, restartSession } from '../classic/rebalance.ts';
import type { ConsumerGroup } from '../consumer/consumer-group.ts';
import type { ConsumerMember } from '../consumer/consumer-member.ts';
import { cancelTimers } from '../consumer/timer-keys.ts';
import type { ConsumerTurn } from '../consumer/turn.ts';
import type { Operation } from '../operation.ts';
import { findConsumerGroup, groupSizeLimit } from '../shard-state.ts';
import { speaksClassic, subscriptionVersion } from './classic-member.ts';
import { writeMemberAssignment } from './consumer-assignment.ts';

/**
 * Turns the group into a classic one when only members of the classic protocol are left, and starts a
 * rebalance there. Returns false when others are left, nobody is, or the policy forbids it.
 */
export function downgradeIfClassic(turn: ConsumerTurn): boolean {
  const classic = replaceByClassic(turn);
  if (classic !== undefined) rebalance(turn.operation, classic);
  return classic !== undefined;
}

/** The same for a group in which everybody has what it should have: nobody need join again. */
export function downgradeAtRest(turn: ConsumerTurn): void {
  if (turn.group.state === 'Stable') replaceByClassic(turn);
}

function replaceByClassic(turn: ConsumerTurn): ClassicGroup | undefined {
  const { group, operation } = turn;
  const { shard } = operation;
  const policy = shard.options.migrationPolicy;
  if (policy !== 'bidirectional' && policy !== 'downgrade') return undefined;
  if (group.size === 0 || group.size > groupSizeLimit(shard)) return undefined;
  for (const { profile } of group.members()) if (profile.classic === null) return undefined;
  const classic = toClassicGroup(operation.nowMs, group);
  if (classic === undefined) return undefined;
  for (const record of group.tombstones()) operation.append(record);
  for (const { memberId } of group.members()) cancelTimers(operation, group.groupId, memberId);
  operation.append(groupRecordOf(classic, (memberId) => assignmentBytes(turn, memberId)));
  shard.arriving.set(group.groupId, classic);
  for (const member of classic.members.values()) restartSession(operation, classic, member);
  return classic;
}

/** A consumer group that nobody is in makes way for a member of the classic protocol. */
export function retireEmptyGroup(operation: Operation, groupId: string): void {
  const { shard } = operation;
  const group = findConsumerGroup(shard, groupId);
  if (group === undefined || group.size > 0) return;
  for (const record of group.tombstones()) operation.append(record);
  shard.groups.delete(groupId);
}

/** The living classic group; undefined when its members share no protocol. */
function toClassicGroup(nowMs: number, group: ConsumerGroup): ClassicGroup | undefined {
  const classic = new ClassicGroup(group.groupId);
  for (const member of group.members()) {
    const joined = toClassicMember(member);
    if (!classic.supportsProtocols(CONSUMER_PROTOCOL_TYPE, joined.protocols)) return undefined;
    classic.addMember(joined, CONSUMER_PROTOCOL_TYPE);
  }
  classic.restore('Stable', {
    protocolType: CONSUMER_PROTOCOL_TYPE,
    generation: group.epoch,
    protocolName: classic.selectProtocol(),
    leaderId: classic.leaderId,
    stateTimestampMs: nowMs,
    members: [],
  });
  return classic;
}

/** What a member has, in the version in which it wrote what it wants. */
function assignmentBytes(turn: ConsumerTurn, memberId: string): Buffer | undefined {
  const member = turn.group.find(memberId);
  if (member === undefined || !speaksClassic(member)) return undefined;
  const { topics } = turn.operation.shard.ports;
  return writeMemberAssignment(topics, member.current.assigned, subscriptionVersion(member));
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

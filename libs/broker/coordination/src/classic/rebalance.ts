import { KafkaError } from '@weirhouse/kafka-protocol';

import { NEW_MEMBER_JOIN_TIMEOUT_MS } from '../limits.ts';
import type { Operation } from '../operation.ts';
import { dropIfVoid, findClassicGroup } from '../shard-state.ts';
import { generationAnswer, joinError, syncError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { groupRecordOf } from './group-record.ts';
import { joinPhaseKey, sessionKey, syncPhaseKey } from './timer-keys.ts';

const NO_ASSIGNMENT = (): undefined => undefined;

/** Starts a rebalance, or ends the join phase of the one that runs when nobody is missing. */
export function rebalance(operation: Operation, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance') completeJoinIfReady(operation, group);
  else startRebalance(operation, group);
}

function startRebalance(operation: Operation, group: ClassicGroup): void {
  if (group.state === 'CompletingRebalance')
    answerSyncs(operation, group, KafkaError.REBALANCE_IN_PROGRESS);
  operation.cancel(syncPhaseKey(group.groupId));
  const isInitial = group.state === 'Empty';
  group.isPersisting = false;
  group.become('PreparingRebalance', operation.nowMs);
  const delayMs = operation.shard.options.initialRebalanceDelayMs;
  if (isInitial && delayMs > 0) {
    group.hasNewArrival = false;
    const leftMs = Math.max(group.rebalanceTimeoutMs - delayMs, 0);
    scheduleInitialDelay(operation, group, { delayMs, leftMs });
  } else if (group.hasEveryoneJoined) {
    completeJoin(operation, group);
  } else {
    scheduleJoinDeadline(operation, group);
  }
}

/**
 * The first rebalance of a group waits a while, and again as long as somebody new has come
 * meanwhile, in all no longer than the longest rebalance timeout (KIP-134).
 */
function scheduleInitialDelay(
  operation: Operation,
  group: ClassicGroup,
  wait: { readonly delayMs: number; readonly leftMs: number },
): void {
  operation.schedule(joinPhaseKey(group.groupId), wait.delayMs, (later) => {
    const current = findClassicGroup(later.shard, group.groupId);
    if (current?.state !== 'PreparingRebalance') return;
    if (!current.hasNewArrival || wait.leftMs === 0) {
      completeJoin(later, current);
      return;
    }
    current.hasNewArrival = false;
    const delayMs = Math.min(later.shard.options.initialRebalanceDelayMs, wait.leftMs);
    scheduleInitialDelay(later, current, { delayMs, leftMs: wait.leftMs - delayMs });
  });
}

function scheduleJoinDeadline(operation: Operation, group: ClassicGroup): void {
  operation.schedule(joinPhaseKey(group.groupId), group.rebalanceTimeoutMs, (later) => {
    const current = findClassicGroup(later.shard, group.groupId);
    if (current?.state === 'PreparingRebalance') completeJoin(later, current);
  });
}

/** Ends the join phase when everybody is there; the initial delay always runs to its end. */
export function completeJoinIfReady(operation: Operation, group: ClassicGroup): void {
  if (group.state !== 'PreparingRebalance') return;
  const inInitialDelay =
    group.previousState === 'Empty' && operation.shard.options.initialRebalanceDelayMs > 0;
  if (!inInitialDelay && group.hasEveryoneJoined) completeJoin(operation, group);
}

function completeJoin(operation: Operation, group: ClassicGroup): void {
  operation.cancel(joinPhaseKey(group.groupId));
  removeAbsentMembers(operation, group);
  if (group.members.size > 0 && !ensureJoinedLeader(group)) {
    // Only static members are left and none has rejoined: they keep their places until their
    // sessions end, so the phase is held open for them (KIP-345).
    scheduleJoinDeadline(operation, group);
    return;
  }
  group.startGeneration(operation.nowMs);
  if (group.state === 'Empty') {
    // Offsets expire from the moment written here (KIP-211).
    operation.append(groupRecordOf(group, NO_ASSIGNMENT));
    return;
  }
  for (const member of group.members.values()) {
    member.isNew = false;
    group.unsynced.add(member.memberId);
    restartSession(operation, group, member);
  }
  scheduleSyncDeadline(operation, group);
  for (const member of group.members.values())
    group.answerJoin(member, () => generationAnswer(group, member.memberId));
}

function removeAbsentMembers(operation: Operation, group: ClassicGroup): void {
  for (const member of group.members.values()) {
    if (member.parkedJoin !== undefined || member.instanceId !== null) continue;
    operation.cancel(sessionKey(group.groupId, member.memberId));
    group.removeMember(member);
  }
}

/** Makes sure that the leader is somebody who joined. Returns false when nobody did. */
function ensureJoinedLeader(group: ClassicGroup): boolean {
  const leader = group.leaderId === null ? undefined : group.members.get(group.leaderId);
  if (leader?.parkedJoin !== undefined) return true;
  for (const member of group.members.values()) {
    if (member.parkedJoin === undefined) continue;
    group.leaderId = member.memberId;
    return true;
  }
  return false;
}

function scheduleSyncDeadline(operation: Operation, group: ClassicGroup): void {
  const { groupId, rebalanceTimeoutMs } = group;
  operation.schedule(syncPhaseKey(groupId), rebalanceTimeoutMs, (later) => {
    const current = findClassicGroup(later.shard, groupId);
    // The next rebalance cancels this timer, so it speaks of the generation it was set for.
    if (current?.state !== 'CompletingRebalance' && current?.state !== 'Stable') return;
    const missing = [...current.unsynced];
    if (missing.length === 0) return;
    for (const memberId of missing) {
      const member = current.members.get(memberId);
      if (member !== undefined) evictMember(later, current, member);
    }
    rebalance(later, current);
  });
}

/** Notes that a member has synced in this generation. */
export function noteSynced(operation: Operation, group: ClassicGroup, memberId: string): void {
  group.unsynced.delete(memberId);
  if (group.unsynced.size === 0) operation.cancel(syncPhaseKey(group.groupId));
}

/** Answers all parked syncs with that error; the sessions, which rested, start again. */
export function answerSyncs(operation: Operation, group: ClassicGroup, errorCode: number): void {
  for (const member of group.members.values()) {
    if (group.answerSync(member, syncError(errorCode))) restartSession(operation, group, member);
  }
}

/** Gives the member a full session timeout from now. */
export function restartSession(
  operation: Operation,
  group: ClassicGroup,
  member: ClassicMember,
): void {
  const isFirstJoin = member.isNew && member.parkedJoin !== undefined;
  const delayMs = isFirstJoin ? NEW_MEMBER_JOIN_TIMEOUT_MS : member.sessionTimeoutMs;
  scheduleExpiry(operation, group, { memberId: member.memberId, delayMs });
}

/** Gives an id that was handed out, or a member, that long to be heard of. */
export function scheduleExpiry(
  operation: Operation,
  group: ClassicGroup,
  wait: { readonly memberId: string; readonly delayMs: number },
): void {
  const { groupId } = group;
  operation.schedule(sessionKey(groupId, wait.memberId), wait.delayMs, (later) => {
    const current = findClassicGroup(later.shard, groupId);
    if (current !== undefined) expireSession(later, current, wait.memberId);
  });
}

function expireSession(operation: Operation, group: ClassicGroup, memberId: string): void {
  if (group.pendingMembers.has(memberId)) {
    removePendingMember(operation, group, memberId);
    return;
  }
  const member = group.members.get(memberId);
  if (member === undefined) return;
  // A member that waits for our answer cannot send heartbeats: its answer restarts the session.
  const isWaiting = member.parkedJoin !== undefined || member.parkedSync !== undefined;
  if (isWaiting && !member.isNew) return;
  evictMember(operation, group, member);
  rebalance(operation, group);
}

/** Forgets an id that was handed out and ends the join phase if only that id was missing. */
export function removePendingMember(
  operation: Operation,
  group: ClassicGroup,
  memberId: string,
): void {
  group.pendingMembers.delete(memberId);
  operation.cancel(sessionKey(group.groupId, memberId));
  completeJoinIfReady(operation, group);
  dropIfVoid(operation.shard, group);
}

/** Removes a member; what it had parked is answered UNKNOWN_MEMBER_ID. The caller rebalances. */
export function evictMember(
  operation: Operation,
  group: ClassicGroup,
  member: ClassicMember,
): void {
  const code = KafkaError.UNKNOWN_MEMBER_ID;
  operation.cancel(sessionKey(group.groupId, member.memberId));
  group.answerJoin(member, (apiVersion) => joinError(code, '', apiVersion));
  group.answerSync(member, syncError(code));
  group.removeMember(member);
}

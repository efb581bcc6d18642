import { KafkaError } from '@weirhouse/kafka-protocol';
import { unreachable } from '@weirhouse/shared-kernel';

import {
  GROUP_METADATA_BYTES_MAX,
  INSTANCE_ID_LENGTH_MAX,
  MEMBER_METADATA_BYTES_MAX,
  MEMBER_PROTOCOLS_MAX,
  PENDING_MEMBERS_MAX,
} from '../limits.ts';
import type { JoinGroupAnswer, JoinGroupInput, RequestContext, Respond } from '../messages.ts';
import type { Operation } from '../operation.ts';
import type { GroupShardOptions } from '../options.ts';
import {
  dropIfVoid,
  ensureClassicGroup,
  findClassicGroup,
  groupSizeLimit,
  isShardFull,
} from '../shard-state.ts';
import { generationAnswer, joinAnswer, joinError } from './answers.ts';
import { metadataBytesOf, type ClassicMember } from './classic-member.ts';
import {
  newMember,
  ownedProtocols,
  parkJoin,
  rebalanceTimeoutOf,
  refuseJoin,
  type JoinAttempt,
} from './join-attempt.ts';
import { newMemberId } from './member-id.ts';
import { checkMember } from './member-check.ts';
import { evictMember, rebalance, restartSession, scheduleExpiry } from './rebalance.ts';
import { rejoinStaticMember } from './static-member.ts';

/** First version whose dynamic members must come back with the id they were given (KIP-394). */
const MEMBER_ID_REQUIRED_FROM = 4;

/** JoinGroup: answered at once when refused or unchanged, else at the end of the join phase. */
export function joinGroup(
  operation: Operation,
  request: JoinGroupInput,
  context: RequestContext,
  respond: Respond<JoinGroupAnswer>,
): void {
  const { shard } = operation;
  const refuse = (errorCode: number): void =>
    respond(joinError(errorCode, request.memberId, context.apiVersion));
  const invalid = checkJoin(request, shard.options);
  if (invalid !== KafkaError.NONE) return refuse(invalid);
  let group = findClassicGroup(shard, request.groupId);
  if (group === undefined) {
    if (request.memberId !== '') return refuse(KafkaError.UNKNOWN_MEMBER_ID);
    if (isShardFull(shard)) return refuse(KafkaError.COORDINATOR_NOT_AVAILABLE);
    group = ensureClassicGroup(shard, request.groupId);
  }
  admit({ operation, group, request, context, respond });
  dropIfVoid(shard, group);
}

function checkJoin(request: JoinGroupInput, options: GroupShardOptions): number {
  if (request.groupId === '') return KafkaError.INVALID_GROUP_ID;
  const { sessionTimeoutMs, groupInstanceId, protocols } = request;
  if (sessionTimeoutMs < options.sessionTimeoutMinMs) return KafkaError.INVALID_SESSION_TIMEOUT;
  if (sessionTimeoutMs > options.sessionTimeoutMaxMs) return KafkaError.INVALID_SESSION_TIMEOUT;
  if (groupInstanceId !== null) {
    const { length } = groupInstanceId;
    if (length === 0 || length > INSTANCE_ID_LENGTH_MAX) return KafkaError.INVALID_REQUEST;
  }
  if (protocols.length > MEMBER_PROTOCOLS_MAX) return KafkaError.INCONSISTENT_GROUP_PROTOCOL;
  return metadataBytesOf(protocols) > MEMBER_METADATA_BYTES_MAX
    ? KafkaError.INVALID_REQUEST
    : KafkaError.NONE;
}

function admit(attempt: JoinAttempt): void {
  const { group, request } = attempt;
  if (!hasRoom(attempt)) {
    const member = group.members.get(request.memberId);
    refuseJoin(attempt, KafkaError.GROUP_MAX_SIZE_REACHED);
    if (member === undefined) return;
    evictMember(attempt.operation, group, member);
    rebalance(attempt.operation, group);
    return;
  }
  if (!group.supportsProtocols(request.protocolType, request.protocols))
    return refuseJoin(attempt, KafkaError.INCONSISTENT_GROUP_PROTOCOL);
  if (request.memberId !== '') joinKnown(attempt);
  else if (request.groupInstanceId === null) joinDynamic(attempt);
  else joinStatic(attempt, request.groupInstanceId);
}

/**
 * While a rebalance runs, places go to those who have joined: members of the last generation
 * that are late may find none left (KIP-389).
 */
function hasRoom(attempt: JoinAttempt): boolean {
  const { group, request } = attempt;
  const limit = groupSizeLimit(attempt.operation.shard);
  const member = group.members.get(currentMemberId(attempt));
  const heldBytes = member === undefined ? 0 : metadataBytesOf(member.protocols);
  const otherBytes = group.metadataBytes - heldBytes;
  if (otherBytes + metadataBytesOf(request.protocols) > GROUP_METADATA_BYTES_MAX) return false;
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return true;
    case 'PreparingRebalance':
      return member?.parkedJoin !== undefined || group.parkedJoinCount < limit;
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < limit;
    default:
      return unreachable(group.state);
  }
}

/** The id that the joiner has in the group now, also when it is a static member without one. */
function currentMemberId({ group, request }: JoinAttempt): string {
  if (request.memberId !== '' || request.groupInstanceId === null) return request.memberId;
  return group.findMemberIdOfInstance(request.groupInstanceId) ?? '';
}

function joinDynamic(attempt: JoinAttempt): void {
  const { operation, group, request, context } = attempt;
  const memberId = newMemberId(operation.shard.ports.random, context.clientId ?? '');
  if (context.apiVersion < MEMBER_ID_REQUIRED_FROM) {
    addMember(attempt, memberId);
    return;
  }
  if (group.pendingMembers.size >= PENDING_MEMBERS_MAX)
    return refuseJoin(attempt, KafkaError.GROUP_MAX_SIZE_REACHED);
  group.pendingMembers.add(memberId);
  scheduleExpiry(operation, group, { memberId, delayMs: request.sessionTimeoutMs });
  attempt.respond(joinError(KafkaError.MEMBER_ID_REQUIRED, memberId, context.apiVersion));
}

function joinStatic(attempt: JoinAttempt, instanceId: string): void {
  const { operation, group } = attempt;
  const memberId = newMemberId(operation.shard.ports.random, instanceId);
  const oldMemberId = group.findMemberIdOfInstance(instanceId);
  const old = oldMemberId === undefined ? undefined : group.members.get(oldMemberId);
  if (old === undefined) addMember(attempt, memberId);
  else rejoinStaticMember(attempt, old, newMember(attempt, memberId));
}

function joinKnown(attempt: JoinAttempt): void {
  const { group, request } = attempt;
  if (group.pendingMembers.has(request.memberId)) {
    // Ids are handed out to dynamic members only.
    if (request.groupInstanceId !== null) return refuseJoin(attempt, KafkaError.UNKNOWN_MEMBER_ID);
    group.pendingMembers.delete(request.memberId);
    addMember(attempt, request.memberId);
    return;
  }
  const checked = checkMember(group, request);
  if (typeof checked === 'number') return refuseJoin(attempt, checked);
  rejoin(attempt, checked);
}

/** A member joins again: to take part in a rebalance, to cause one, or for an answer it lost. */
function rejoin(attempt: JoinAttempt, member: ClassicMember): void {
  const { operation, group, request } = attempt;
  const isUnchanged = member.hasSameProtocols(request.protocols);
  const { memberId } = member;
  if (group.state === 'CompletingRebalance' && isUnchanged) {
    attempt.respond(generationAnswer(group, memberId));
    return;
  }
  // A leader asks for a new generation by joining: what it assigns may have changed though its
  // metadata has not.
  if (group.state === 'Stable' && isUnchanged && group.leaderId !== memberId) {
    restartSession(operation, group, member);
    const leader = group.leaderId ?? '';
    attempt.respond(joinAnswer(group, { memberId, leader, members: [], skipAssignment: false }));
    return;
  }
  member.sessionTimeoutMs = request.sessionTimeoutMs;
  member.rebalanceTimeoutMs = rebalanceTimeoutOf(request);
  if (!isUnchanged) group.updateProtocols(member, ownedProtocols(request));
  parkJoin(attempt, member);
  rebalance(operation, group);
}

function addMember(attempt: JoinAttempt, memberId: string): void {
  const { operation, group, request } = attempt;
  const member = newMember(attempt, memberId);
  if (group.state === 'PreparingRebalance' && group.previousState === 'Empty')
    group.hasNewArrival = true;
  group.addMember(member, request.protocolType);
  parkJoin(attempt, member);
  restartSession(operation, group, member);
  rebalance(operation, group);
}

import { KafkaError } from '@weirhouse/kafka-protocol';
import { unreachable } from '@weirhouse/shared-kernel';

import { coordinatorErrorOf } from '../errors.ts';
import { RECORD_OVERHEAD_BYTES } from '../limits.ts';
import type { Respond, SyncGroupAnswer, SyncGroupInput } from '../messages.ts';
import type { Operation } from '../operation.ts';
import { findClassicGroup } from '../shard-state.ts';
import { syncAnswer, syncError } from './answers.ts';
import type { ClassicGroup } from './classic-group.ts';
import type { ClassicMember } from './classic-member.ts';
import { groupRecordBytes, groupRecordOf } from './group-record.ts';
import { checkMember } from './member-check.ts';
import { answerSyncs, noteSynced, rebalance, restartSession } from './rebalance.ts';

/** SyncGroup: everybody waits until the leader's assignments are durable. */
export function syncGroup(
  operation: Operation,
  request: SyncGroupInput,
  respond: Respond<SyncGroupAnswer>,
): void {
  const refuse = (errorCode: number): void => respond(syncError(errorCode));
  if (request.groupId === '') return refuse(KafkaError.INVALID_GROUP_ID);
  const group = findClassicGroup(operation.shard, request.groupId);
  if (group === undefined) return refuse(KafkaError.UNKNOWN_MEMBER_ID);
  const member = checkSync(group, request);
  if (typeof member === 'number') return refuse(member);
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return refuse(KafkaError.UNKNOWN_MEMBER_ID);
    case 'PreparingRebalance':
      return refuse(KafkaError.REBALANCE_IN_PROGRESS);
    case 'CompletingRebalance':
      group.answerSync(member, syncError(KafkaError.REBALANCE_IN_PROGRESS));
      member.parkedSync = respond;
      noteSynced(operation, group, member.memberId);
      if (group.leaderId === member.memberId && !group.isPersisting)
        persistAssignments(operation, group, request);
      return undefined;
    case 'Stable':
      noteSynced(operation, group, member.memberId);
      restartSession(operation, group, member);
      return respond(syncAnswer(group, member.memberId));
    default:
      return unreachable(group.state);
  }
}

function checkSync(group: ClassicGroup, request: SyncGroupInput): ClassicMember | number {
  const member = checkMember(group, request);
  if (typeof member === 'number') return member;
  if (request.generationId !== group.generation) return KafkaError.ILLEGAL_GENERATION;
  // The type and name come with version 5; a client in another protocol must not get bytes of ours.
  const { protocolType, protocolName } = request;
  const isOtherType = protocolType !== null && protocolType !== group.protocolType;
  const isOtherName = protocolName !== null && protocolName !== group.protocolName;
  return isOtherType || isOtherName ? KafkaError.INCONSISTENT_GROUP_PROTOCOL : member;
}

function persistAssignments(
  operation: Operation,
  group: ClassicGroup,
  request: SyncGroupInput,
): void {
  const assignments = new Map(
    request.assignments.map(({ memberId, assignment }) => [memberId, Buffer.from(assignment)]),
  );
  const record = groupRecordOf(group, (memberId) => assignments.get(memberId));
  const { batchBytesMax } = operation.shard.options;
  if (groupRecordBytes(record) + RECORD_OVERHEAD_BYTES > batchBytesMax) {
    // The log would refuse it and take the whole shard down with it; only this group is at fault.
    answerSyncs(operation, group, KafkaError.UNKNOWN_SERVER_ERROR);
    rebalance(operation, group);
    return;
  }
  const { generation } = group;
  group.isPersisting = true;
  operation.append(record);
  // Meanwhile the group may have gone on to another rebalance, which has answered the syncs.
  const isStillMine = (): boolean =>
    group.state === 'CompletingRebalance' && group.generation === generation;
  operation.whenCommitted(() => {
    if (isStillMine()) becomeStable(operation, group);
  });
  operation.whenFailed((errorCode) => {
    if (isStillMine()) answerSyncs(operation, group, coordinatorErrorOf(errorCode));
  });
}

function becomeStable(operation: Operation, group: ClassicGroup): void {
  group.isPersisting = false;
  group.become('Stable', operation.nowMs);
  for (const member of group.members.values()) {
    if (group.answerSync(member, syncAnswer(group, member.memberId)))
      restartSession(operation, group, member);
  }
}

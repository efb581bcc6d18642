import { KafkaError } from '@weirhouse/kafka-protocol';
import { unreachable } from '@weirhouse/shared-kernel';

import type { HeartbeatInput } from '../messages.ts';
import type { Operation } from '../operation.ts';
import { findClassicGroup } from '../shard-state.ts';
import { checkMember } from './member-check.ts';
import { restartSession } from './rebalance.ts';

/** Heartbeat: restarts the member's session and returns the error code to answer. */
export function heartbeat(operation: Operation, request: HeartbeatInput): number {
  if (request.groupId === '') return KafkaError.INVALID_GROUP_ID;
  const group = findClassicGroup(operation.shard, request.groupId);
  if (group === undefined) return KafkaError.UNKNOWN_MEMBER_ID;
  const member = checkMember(group, request);
  if (typeof member === 'number') return member;
  if (request.generationId !== group.generation) return KafkaError.ILLEGAL_GENERATION;
  switch (group.state) {
    case 'Empty':
    case 'Dead':
      return KafkaError.UNKNOWN_MEMBER_ID;
    case 'PreparingRebalance':
      restartSession(operation, group, member);
      return KafkaError.REBALANCE_IN_PROGRESS;
    case 'CompletingRebalance':
    case 'Stable':
      // Clients start to beat after their join, before they have an assignment.
      restartSession(operation, group, member);
      return KafkaError.NONE;
    default:
      return unreachable(group.state);
  }
}

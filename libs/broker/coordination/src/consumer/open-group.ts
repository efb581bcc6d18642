import { KafkaError } from '@weirhouse/kafka-protocol';

import { upgradeGroup } from '../migration/upgrade.ts';
import type { Operation } from '../operation.ts';
import { isShardFull } from '../shard-state.ts';
import { ConsumerGroup } from './consumer-group.ts';
import { refusal, type Refusal } from './refusal.ts';
import { ConsumerTurn } from './turn.ts';

/**
 * The consumer group of that id, for one operation. A member that joins makes it when there is none,
 * and turns a classic group into one when that can be done.
 */
export function openGroup(
  operation: Operation,
  groupId: string,
  isJoin: boolean,
): ConsumerTurn | Refusal {
  const { shard } = operation;
  const group = shard.groups.get(groupId);
  if (group?.kind === 'consumer') return new ConsumerTurn(operation, group);
  if (!isJoin) return notFound(groupId, group !== undefined);
  if (group === undefined) {
    if (!isShardFull(shard)) return new ConsumerTurn(operation, new ConsumerGroup(groupId));
    const message = 'The coordinator holds as many groups as it can.';
    return refusal(KafkaError.COORDINATOR_NOT_AVAILABLE, message);
  }
  return upgradeGroup(operation, group) ?? notFound(groupId, true);
}

/** There is no consumer group of that id; maybe one of another kind. */
export function notFound(groupId: string, isOtherKind: boolean): Refusal {
  const message = isOtherKind
    ? `Group ${groupId} is not a consumer group.`
    : `Group ${groupId} not found.`;
  return refusal(KafkaError.GROUP_ID_NOT_FOUND, message);
}

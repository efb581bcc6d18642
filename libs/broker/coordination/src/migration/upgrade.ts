import { KafkaError } from '@weirhouse/kafka-protocol';

import { partitionsOf, type Assignment } from '../assignors/assignment.ts';
import { buryGroup } from '../classic/bury.ts';
import { CONSUMER_PROTOCOL_TYPE, type ClassicGroup } from '../classic/classic-group.ts';
import type { ClassicMember } from '../classic/classic-member.ts';
import { readSubscription } from '../classic/subscription.ts';
import { ConsumerGroup } from '../consumer/consumer-group.ts';
import {
  MemberState,
  type ConsumerMember,
  type ConsumerProfile,
} from '../consumer/consumer-member.ts';
import { heldSince, NOTHING_HELD } from '../consumer/held-partitions.ts';
import { isTooLarge, sortedNames } from '../consumer/profile.ts';
import { restartSession } from '../consumer/timers.ts';
import { ConsumerTurn } from '../consumer/turn.ts';
import type { Operation } from '../operation.ts';
import { consumerGroupSizeLimit } from '../shard-state.ts';
import { readMemberAssignment } from './consumer-assignment.ts';

/**
 * Turns a classic group into a consumer group because a member of the consumer protocol joins: its
 * members keep their partitions and speak the classic protocol on (KIP-848, online migration).
 * Undefined when the policy forbids it or the group is not one of consumers that we understand.
 */
export function upgradeGroup(operation: Operation, group: ClassicGroup): ConsumerTurn | undefined {
  const { shard } = operation;
  if (group.members.size === 0) return takeOver(operation, group);
  const policy = shard.options.migrationPolicy;
  if (policy !== 'bidirectional' && policy !== 'upgrade') return undefined;
  if (group.protocolType !== CONSUMER_PROTOCOL_TYPE) return undefined;
  if (group.members.size >= consumerGroupSizeLimit(shard)) return undefined;
  const members = translate(operation, group);
  if (members === undefined) return undefined;
  return replaceWith(operation, group, members);
}

interface Translated {
  readonly member: ConsumerMember;
  readonly target: Assignment;
}

/** The members as the consumer group will know them; undefined when one cannot be understood. */
function translate(operation: Operation, group: ClassicGroup): readonly Translated[] | undefined {
  const { topics } = operation.shard.ports;
  const saved = new Map(group.persisted?.members.map((each) => [each.memberId, each.assignment]));
  const taken = new Set<string>();
  const translated: Translated[] = [];
  for (const classic of group.members.values()) {
    const profile = profileOfClassic(classic);
    const bytes = saved.get(classic.memberId) ?? Buffer.alloc(0);
    const target = readMemberAssignment(topics, bytes);
    if (profile === undefined || target === undefined) return undefined;
    if (isTooLarge(profile, operation.shard.options.batchBytesMax)) return undefined;
    for (const { partition, topicId } of partitionsOf(target)) {
      const key = `${topicId}/${partition}`;
      if (taken.has(key)) return undefined;
      taken.add(key);
    }
    const epoch = group.generation;
    const assigned = heldSince(target, epoch);
    const current = {
      epoch,
      previousEpoch: epoch,
      state: MemberState.STABLE,
      assigned,
      revoking: NOTHING_HELD,
    };
    translated.push({ member: { memberId: classic.memberId, profile, current }, target });
  }
  return translated;
}

/** What a member of the classic protocol says of itself; undefined when it cannot be read. */
function profileOfClassic(member: ClassicMember): ConsumerProfile | undefined {
  const [first] = member.protocols;
  const subscription = first === undefined ? undefined : readSubscription(first.metadata);
  if (subscription === undefined) return undefined;
  return {
    instanceId: member.instanceId,
    rackId: subscription.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    topicNames: sortedNames(subscription.topics),
    topicPattern: '',
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: null,
    classic: { sessionTimeoutMs: member.sessionTimeoutMs, protocols: member.protocols },
  };
}

function replaceWith(
  operation: Operation,
  group: ClassicGroup,
  members: readonly Translated[],
): ConsumerTurn {
  const { generation: epoch, groupId } = group;
  const turn = takeOver(operation, group);
  for (const { member } of members) {
    const { memberId, profile: value } = member;
    turn.write({ kind: 'consumer-member', groupId, memberId, value });
  }
  const topicsHash = operation.shard.topicHashes.of(turn.group.topicNames());
  turn.write({ kind: 'consumer-group', groupId, value: { epoch, topicsHash } });
  for (const { member, target: value } of members) {
    const { memberId } = member;
    turn.write({ kind: 'consumer-target-member', groupId, memberId, value });
  }
  // Time 0: the newcomer's target need not wait for the assignment interval.
  turn.write({ kind: 'consumer-target', groupId, value: { epoch, assignedAtMs: 0 } });
  for (const { member } of members) {
    const { current: value, memberId } = member;
    turn.write({ kind: 'consumer-current', groupId, memberId, value });
    restartSession(operation, groupId, member);
  }
  return turn;
}

/** Ends the classic group and puts an empty consumer group in its place. */
function takeOver(operation: Operation, group: ClassicGroup): ConsumerTurn {
  const { shard } = operation;
  const { groupId } = group;
  operation.append({ kind: 'classic-group', groupId, value: null });
  buryGroup(shard.ports, group, KafkaError.REBALANCE_IN_PROGRESS);
  const live = new ConsumerGroup(groupId);
  shard.groups.set(groupId, live);
  return new ConsumerTurn(operation, live);
}

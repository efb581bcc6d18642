import type { Uuid } from '@weirhouse/shared-kernel';

import { isSameAssignment } from '../assignors/assignment.ts';
import { compare, type Assignor, type AssignorMember } from '../assignors/assignor.ts';
import { findAssignor } from '../assignors/assignors.ts';
import { uniformAssignor } from '../assignors/uniform.ts';
import type { ConsumerGroup } from './consumer-group.ts';
import { existingTopics } from './topics.ts';
import type { ConsumerTurn } from './turn.ts';

/** A new group's first epoch is 2: a member that is given nothing yet can stand at 1. */
const EPOCH_BEFORE_FIRST = 1;

/** Starts the group's next epoch: who or what it consists of has changed. */
export function startEpoch(turn: ConsumerTurn): void {
  const { group, groupId, live, operation } = turn;
  const { ports, topicHashes } = operation.shard;
  const epoch = Math.max(group.epoch, EPOCH_BEFORE_FIRST) + 1;
  const topicsHash = topicHashes.of(group.topicNames());
  turn.write({ kind: 'consumer-group', groupId, value: { epoch, topicsHash } });
  live.seenTopicsVersion = ports.topics.version;
}

/** Starts the next epoch if a topic that members want has come, changed or gone. */
export function noticeTopics(turn: ConsumerTurn): void {
  const { group, live, operation } = turn;
  const { ports, topicHashes } = operation.shard;
  const { version } = ports.topics;
  if (live.seenTopicsVersion === version) return;
  if (topicHashes.of(group.topicNames()) !== group.topicsHash) startEpoch(turn);
  else live.seenTopicsVersion = version;
}

/**
 * Works out a new target assignment when the group has moved on since the last one; not more often
 * than the group's assignment interval, so that many members can join for the price of few.
 */
export function updateTarget(turn: ConsumerTurn): void {
  const { group, groupId, operation } = turn;
  if (group.epoch <= group.target.epoch || !isTargetDue(turn)) return;
  const names = group.topicNames();
  const topics = existingTopics(operation.shard.ports.topics, names);
  const members = Array.from(group.members(), ({ memberId, profile }): AssignorMember => ({
    memberId,
    instanceId: profile.instanceId,
    rackId: profile.rackId,
    topicIds: subscribedTopicIds(turn, group.topicNamesOf(profile)),
    current: group.targetOf(memberId),
  }));
  const result = chooseAssignor(turn).assign({ members, topics });
  for (const { current, memberId } of members) {
    const value = result.get(memberId) ?? new Map<Uuid, readonly number[]>();
    if (isSameAssignment(current, value)) continue;
    turn.write({ kind: 'consumer-target-member', groupId, memberId, value });
  }
  const value = { epoch: group.epoch, assignedAtMs: operation.nowMs };
  turn.write({ kind: 'consumer-target', groupId, value });
}

/** The topics of those names that exist, as ids. */
export function subscribedTopicIds(turn: ConsumerTurn, names: Iterable<string>): ReadonlySet<Uuid> {
  return new Set(existingTopics(turn.operation.shard.ports.topics, names).keys());
}

/** The assignor that most members ask for; the broker's first one when nobody does. */
export function preferredAssignor(group: ConsumerGroup, configured: readonly string[]): string {
  const votes = new Map<string, number>();
  for (const { profile } of group.members()) {
    const name = profile.serverAssignor;
    if (name !== null && configured.includes(name)) votes.set(name, (votes.get(name) ?? 0) + 1);
  }
  const [winner] = [...votes].toSorted(([nameA, a], [nameB, b]) => b - a || compare(nameA, nameB));
  return winner?.[0] ?? configured[0] ?? uniformAssignor.name;
}

function chooseAssignor({ group, operation }: ConsumerTurn): Assignor {
  const { assignors } = operation.shard.options;
  return findAssignor(preferredAssignor(group, assignors)) ?? uniformAssignor;
}

function isTargetDue({ group, groupId, operation }: ConsumerTurn): boolean {
  const { assignmentIntervalMs } = operation.shard.ports.settingsOf(groupId);
  const sinceMs = operation.nowMs - group.target.assignedAtMs;
  return sinceMs < 0 || sinceMs >= assignmentIntervalMs;
}

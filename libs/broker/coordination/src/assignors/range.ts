import type { Uuid } from '@weirhouse/shared-kernel';

import { assignmentOf, type TopicPartition } from './assignment.ts';
import {
  compare,
  inOrder,
  type Assignor,
  type AssignorMember,
  type AssignorTopic,
} from './assignor.ts';

/**
 * Gives each subscriber of a topic a run of consecutive partitions. Topics with the same subscribers
 * and as many partitions are cut alike, so that equal keys of both meet in one member. Members keep
 * the order of the runs they had; new ones come last.
 */
export const rangeAssignor: Assignor = {
  name: 'range',
  assign({ members, topics }) {
    const given = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    for (const group of groupBySubscribers(inOrder(members), topics)) {
      const subscribers = inFormerOrder(group);
      for (const { partitionCount, topicId } of group.topics) {
        let next = 0;
        for (const [index, { memberId }] of subscribers.entries()) {
          const end = next + runLength(partitionCount, subscribers.length, index);
          for (; next < end; next += 1) given.get(memberId)?.push({ topicId, partition: next });
        }
      }
    }
    return new Map(
      Array.from(given, ([memberId, partitions]) => [memberId, assignmentOf(partitions)]),
    );
  },
};

/** Topics that the same members subscribe to. */
interface TopicGroup {
  readonly subscribers: readonly AssignorMember[];
  readonly topics: AssignorTopic[];
}

function groupBySubscribers(
  members: readonly AssignorMember[],
  topics: ReadonlyMap<Uuid, AssignorTopic>,
): Iterable<TopicGroup> {
  const groups = new Map<string, TopicGroup>();
  for (const topicId of [...topics.keys()].toSorted(compare)) {
    const topic = topics.get(topicId);
    const subscribers = members.filter(({ topicIds }) => topicIds.has(topicId));
    if (topic === undefined || subscribers.length === 0) continue;
    const key = JSON.stringify(subscribers.map(({ memberId }) => memberId));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { subscribers, topics: [topic] });
    else group.topics.push(topic);
  }
  return groups.values();
}

/** Sorts by the first partition that each one had; `inOrder` decides among equals. */
function inFormerOrder({ subscribers, topics }: TopicGroup): readonly AssignorMember[] {
  const firstOf = (member: AssignorMember): number =>
    Math.min(...topics.map(({ topicId }) => member.current.get(topicId)?.[0] ?? Number.MAX_VALUE));
  const firsts = new Map(subscribers.map((member) => [member, firstOf(member)]));
  return subscribers.toSorted((a, b) => (firsts.get(a) ?? 0) - (firsts.get(b) ?? 0));
}

/** The first members get one more when the partitions do not divide. */
function runLength(partitions: number, members: number, index: number): number {
  return Math.floor(partitions / members) + (index < partitions % members ? 1 : 0);
}

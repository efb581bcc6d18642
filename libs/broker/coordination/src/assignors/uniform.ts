import type { Uuid } from '@weirhouse/shared-kernel';

import { assignmentOf, partitionsOf, type Assignment, type TopicPartition } from './assignment.ts';
import { compare, inOrder, type Assignor, type AssignorInput } from './assignor.ts';
import { Ledger } from './ledger.ts';
import { evenOut } from './even-out.ts';

/**
 * Spreads partitions evenly over members and moves as few as that takes. With equal subscriptions no
 * two members differ by more than one partition; with different ones no partition could move, alone
 * or in a chain, to make the loads more even.
 */
export const uniformAssignor: Assignor = {
  name: 'uniform',
  assign(input) {
    const ledger = new Ledger(inOrder(input.members));
    const free = keepCurrent(ledger, input);
    const isHomogeneous = haveSameTopics(input);
    if (isHomogeneous) free.push(...trimToQuota(ledger, free.length));
    fill(ledger, free);
    if (!isHomogeneous) evenOut(ledger);
    return new Map(
      ledger.accounts.map(({ member, held }): [string, Assignment] => [
        member.memberId,
        assignmentOf(held.all()),
      ]),
    );
  },
};

/** Lets members keep what they may keep and returns the partitions that nobody has then. */
function keepCurrent(ledger: Ledger, input: AssignorInput): TopicPartition[] {
  const taken = new Map<Uuid, Set<number>>();
  for (const account of ledger.accounts) {
    for (const { topicId, partition } of partitionsOf(account.member.current)) {
      const count = input.topics.get(topicId)?.partitionCount ?? 0;
      if (partition >= count || !account.member.topicIds.has(topicId)) continue;
      const ofTopic = taken.get(topicId) ?? new Set();
      if (ofTopic.has(partition)) continue;
      taken.set(topicId, ofTopic.add(partition));
      account.held.add(topicId, partition);
    }
  }
  const free: TopicPartition[] = [];
  for (const topicId of [...input.topics.keys()].toSorted(compare)) {
    if (ledger.subscribersOf(topicId).length === 0) continue;
    const { partitionCount = 0 } = input.topics.get(topicId) ?? {};
    for (let partition = 0; partition < partitionCount; partition += 1) {
      if (taken.get(topicId)?.has(partition) !== true) free.push({ topicId, partition });
    }
  }
  return free;
}

function haveSameTopics({ members }: AssignorInput): boolean {
  const first = members[0]?.topicIds;
  if (first === undefined) return true;
  return members.every(
    ({ topicIds }) =>
      topicIds.size === first.size && [...topicIds].every((topicId) => first.has(topicId)),
  );
}

/** Takes from members what is above their share and returns it; those that hold most keep most. */
function trimToQuota(ledger: Ledger, freeCount: number): TopicPartition[] {
  const { accounts } = ledger;
  if (accounts.length === 0) return [];
  const total = accounts.reduce((sum, { held }) => sum + held.size, freeCount);
  const quota = Math.floor(total / accounts.length);
  let extras = total % accounts.length;
  const freed: TopicPartition[] = [];
  for (const { held } of accounts) {
    const share = held.size > quota && extras > 0 ? quota + 1 : quota;
    if (share > quota) extras -= 1;
    while (held.size > share) freed.push(held.removeLast());
  }
  return freed;
}

/** Gives each free partition to a subscriber that has the fewest, topic by topic. */
function fill(ledger: Ledger, free: readonly TopicPartition[]): void {
  const byTopic = new Map<Uuid, number[]>();
  for (const { topicId, partition } of free) {
    const list = byTopic.get(topicId);
    if (list === undefined) byTopic.set(topicId, [partition]);
    else list.push(partition);
  }
  // Topics with few subscribers have the least choice, so they choose first.
  const topicIds = [...byTopic.keys()].toSorted(
    (a, b) => ledger.subscribersOf(a).length - ledger.subscribersOf(b).length || compare(a, b),
  );
  for (const topicId of topicIds) {
    const partitions = (byTopic.get(topicId) ?? []).toSorted((a, b) => a - b);
    const accounts = ledger.subscribersOf(topicId).toSorted((a, b) => a.held.size - b.held.size);
    let last = -1;
    let next = 0;
    for (const partition of partitions) {
      // The accounts up to `last` are level; others join them when they have been reached.
      if (next > last) {
        next = 0;
        const level = accounts[0]?.held.size ?? 0;
        while (last + 1 < accounts.length && (accounts[last + 1]?.held.size ?? 0) <= level)
          last += 1;
      }
      accounts[next]?.held.add(topicId, partition);
      next += 1;
    }
  }
}

import type { Uuid } from '@weirhouse/shared-kernel';

import type { Account, Ledger } from './ledger.ts';

/** How an account was reached: who would give it a partition, and of which topic. */
interface Step {
  readonly giver: Account;
  readonly topicId: Uuid;
}

/**
 * Moves partitions until no chain of moves makes the loads more even: an optimal semi-matching,
 * found by cost-reducing paths. Each chain lowers the sum of squared loads, so it ends.
 */
export function evenOut(ledger: Ledger): void {
  let isMoving = true;
  while (isMoving) {
    isMoving = false;
    for (const account of ledger.accounts.toSorted((a, b) => b.held.size - a.held.size)) {
      while (relieve(ledger, account)) isMoving = true;
    }
  }
}

/** Moves one partition's worth of load away from an account, if somebody has at least two less. */
function relieve(ledger: Ledger, loaded: Account): boolean {
  const steps = new Map<Account, Step>();
  const seenTopics = new Set<Uuid>();
  const queue = [loaded];
  let lightest: Account | undefined;
  for (const giver of queue) {
    for (const topicId of giver.held.topicIds()) {
      if (seenTopics.has(topicId)) continue;
      seenTopics.add(topicId);
      for (const taker of ledger.subscribersOf(topicId)) {
        if (taker === loaded || steps.has(taker)) continue;
        steps.set(taker, { giver, topicId });
        queue.push(taker);
        if (taker.held.size < (lightest?.held.size ?? loaded.held.size - 1)) lightest = taker;
      }
    }
  }
  if (lightest === undefined) return false;
  shift(steps, lightest);
  return true;
}

/** Walks back along the chain: each giver hands one partition on. */
function shift(steps: ReadonlyMap<Account, Step>, last: Account): void {
  let taker = last;
  for (let step = steps.get(taker); step !== undefined; step = steps.get(taker)) {
    const { giver, topicId } = step;
    taker.held.add(topicId, giver.held.removeLastOf(topicId));
    taker = giver;
  }
}

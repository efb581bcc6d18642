import { assert, type Uuid } from '@weirhouse/shared-kernel';

import type { TopicPartition } from './assignment.ts';
import { compare, type AssignorMember } from './assignor.ts';

/** The partitions that a member has while an assignment is worked out. */
export class Held {
  readonly #topics = new Map<Uuid, number[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  topicIds(): Iterable<Uuid> {
    return this.#topics.keys();
  }

  add(topicId: Uuid, partition: number): void {
    const partitions = this.#topics.get(topicId);
    if (partitions === undefined) this.#topics.set(topicId, [partition]);
    else partitions.push(partition);
    this.#size += 1;
  }

  /** Takes away the partition of that topic that was added last; there must be one. */
  removeLastOf(topicId: Uuid): number {
    const partitions = this.#topics.get(topicId) ?? [];
    const last = partitions.pop();
    assert(last !== undefined, 'only a topic that is held is given away');
    if (partitions.length === 0) this.#topics.delete(topicId);
    this.#size -= 1;
    return last;
  }

  /** Takes away one partition of the topic that it has most of. */
  removeLast(): TopicPartition {
    let most: Uuid | undefined;
    let best = 0;
    for (const [topicId, { length }] of this.#topics) {
      if (length < best || (length === best && compare(topicId, most ?? '') < 0)) continue;
      most = topicId;
      best = length;
    }
    assert(most !== undefined, 'only an account with partitions gives one away');
    return { topicId: most, partition: this.removeLastOf(most) };
  }

  *all(): Generator<TopicPartition> {
    for (const topicId of [...this.#topics.keys()].toSorted(compare)) {
      for (const partition of this.#topics.get(topicId) ?? []) yield { topicId, partition };
    }
  }
}

/** One member with what it has. */
export interface Account {
  readonly member: AssignorMember;
  readonly held: Held;
}

/** All members with what they have, and who may have which topic. */
export class Ledger {
  readonly accounts: readonly Account[];
  readonly #subscribers = new Map<Uuid, Account[]>();

  constructor(members: readonly AssignorMember[]) {
    this.accounts = members.map((member) => ({ member, held: new Held() }));
    for (const account of this.accounts) {
      for (const topicId of account.member.topicIds) {
        const known = this.#subscribers.get(topicId);
        if (known === undefined) this.#subscribers.set(topicId, [account]);
        else known.push(account);
      }
    }
  }

  /** The members that subscribe to a topic, in the order of `accounts`. */
  subscribersOf(topicId: Uuid): readonly Account[] {
    return this.#subscribers.get(topicId) ?? [];
  }
}

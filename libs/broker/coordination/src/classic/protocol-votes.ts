import { assert } from '@weirhouse/shared-kernel';

import type { MemberProtocol } from './classic-member.ts';

/** Counts how many members speak each protocol, so that one join costs what it lists. */
export class ProtocolVotes {
  readonly #speakers = new Map<string, number>();

  add(protocols: readonly MemberProtocol[]): void {
    for (const name of distinctNames(protocols))
      this.#speakers.set(name, (this.#speakers.get(name) ?? 0) + 1);
  }

  remove(protocols: readonly MemberProtocol[]): void {
    for (const name of distinctNames(protocols)) {
      const left = (this.#speakers.get(name) ?? 0) - 1;
      assert(left >= 0, 'a protocol is counted once per member');
      if (left === 0) this.#speakers.delete(name);
      else this.#speakers.set(name, left);
    }
  }

  isCommon(name: string, memberCount: number): boolean {
    return this.#speakers.get(name) === memberCount;
  }

  /**
   * Each member votes for the first protocol of its own list that all speak; the most votes win,
   * and among equals the one that was voted for first.
   */
  select(
    members: Iterable<{ readonly protocols: readonly MemberProtocol[] }>,
    memberCount: number,
  ): string {
    const votes = new Map<string, number>();
    for (const member of members) {
      const choice = member.protocols.find(({ name }) => this.isCommon(name, memberCount));
      assert(choice !== undefined, 'the members of a group share a protocol');
      votes.set(choice.name, (votes.get(choice.name) ?? 0) + 1);
    }
    let winner: string | undefined;
    let most = 0;
    for (const [name, count] of votes) {
      if (count > most) {
        winner = name;
        most = count;
      }
    }
    assert(winner !== undefined, 'only a group with members selects a protocol');
    return winner;
  }
}

function distinctNames(protocols: readonly MemberProtocol[]): ReadonlySet<string> {
  return new Set(protocols.map((protocol) => protocol.name));
}

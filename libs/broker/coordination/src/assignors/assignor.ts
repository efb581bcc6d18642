import type { Uuid } from '@weirhouse/shared-kernel';

import type { Assignment } from './assignment.ts';

/** A member as an assignor sees it. */
export interface AssignorMember {
  readonly memberId: string;
  readonly instanceId: string | null;
  /** Where the member runs; null when it did not say. */
  readonly rackId: string | null;
  /** The topics it subscribes to and that exist. */
  readonly topicIds: ReadonlySet<Uuid>;
  /** What it was meant to have until now. */
  readonly current: Assignment;
}

/** A topic that somebody subscribes to. */
export interface AssignorTopic {
  readonly topicId: Uuid;
  readonly partitionCount: number;
  /** The racks that hold a replica of the partition. */
  readonly racksOf: (partition: number) => readonly string[];
}

/** Everything an assignor may look at. */
export interface AssignorInput {
  readonly members: readonly AssignorMember[];
  readonly topics: ReadonlyMap<Uuid, AssignorTopic>;
}

/**
 * A server-side assignor (KIP-848): gives each partition of a topic with subscribers to one of them.
 * The same input in any order makes the same result; every member is in the result.
 */
export interface Assignor {
  readonly name: string;
  assign(input: AssignorInput): ReadonlyMap<string, Assignment>;
}

/** Members in an order that does not depend on how they arrived: static ones keep their place. */
export function inOrder(members: readonly AssignorMember[]): readonly AssignorMember[] {
  return members.toSorted(
    (a, b) => compare(orderKey(a), orderKey(b)) || compare(a.memberId, b.memberId),
  );
}

/** Compares texts by code units, the same on every machine. */
export function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

function orderKey(member: AssignorMember): string {
  return member.instanceId ?? member.memberId;
}

import { ClassicGroup } from './classic/classic-group.ts';
import { ConsumerGroup } from './consumer/consumer-group.ts';
import type { TopicHashes } from './consumer/topics.ts';
import { GROUP_MEMBERS_MAX } from './limits.ts';
import type { OffsetStore } from './offsets/offset-store.ts';
import type { PendingOffsets } from './offsets/pending-offsets.ts';
import type { GroupShardOptions } from './options.ts';
import type { ShardPorts } from './ports.ts';

/** Every kind of group a shard can hold; operations switch on `kind`. */
export type Group = ClassicGroup | ConsumerGroup;

/** What all operations of one shard share. */
export interface ShardState {
  readonly options: GroupShardOptions;
  readonly ports: ShardPorts;
  readonly groups: Map<string, Group>;
  /** Living classic groups whose first record is being written: replay puts them in their place. */
  readonly arriving: Map<string, ClassicGroup>;
  readonly offsets: OffsetStore;
  /** Offsets of transactions that are still open. */
  readonly pendingOffsets: PendingOffsets;
  readonly topicHashes: TopicHashes;
  /** Writes that are not durable yet, oldest first: who writes nothing may have seen the newest. */
  readonly unsettled: Unsettled[];
}

/** A write on its way to the log, and who waits for it. */
export interface Unsettled {
  readonly committed: (() => void)[];
  readonly failed: ((errorCode: number) => void)[];
}

/** True when a group has an offset, or may get one from an open transaction. */
export function hasOffsets({ offsets, pendingOffsets }: ShardState, groupId: string): boolean {
  return offsets.hasGroup(groupId) || pendingOffsets.hasGroup(groupId);
}

/** The classic group of that id, if there is one. */
export function findClassicGroup(shard: ShardState, groupId: string): ClassicGroup | undefined {
  const group = shard.groups.get(groupId);
  return group?.kind === 'classic' ? group : undefined;
}

/** The classic group of that id; an Empty one is made when there is none. */
export function ensureClassicGroup(shard: ShardState, groupId: string): ClassicGroup {
  const existing = findClassicGroup(shard, groupId);
  if (existing !== undefined) return existing;
  const group = new ClassicGroup(groupId);
  shard.groups.set(groupId, group);
  return group;
}

/** The consumer group of that id, if there is one. */
export function findConsumerGroup(shard: ShardState, groupId: string): ConsumerGroup | undefined {
  const group = shard.groups.get(groupId);
  return group?.kind === 'consumer' ? group : undefined;
}

/** The consumer group of that id; an empty one takes the place of any other kind. */
export function ensureConsumerGroup(shard: ShardState, groupId: string): ConsumerGroup {
  const existing = findConsumerGroup(shard, groupId);
  if (existing !== undefined) return existing;
  const group = new ConsumerGroup(groupId);
  shard.groups.set(groupId, group);
  return group;
}

/** True when one more group would pass the shard's limit. */
export function isShardFull(shard: ShardState): boolean {
  return shard.groups.size >= shard.options.groupsMax;
}

/** Members a consumer group may have: the configured limit under the hard one. */
export function consumerGroupSizeLimit(shard: ShardState): number {
  return Math.min(shard.options.consumerGroupSizeMax, GROUP_MEMBERS_MAX);
}

/** Members a classic group may have: the configured limit under the hard one. */
export function groupSizeLimit(shard: ShardState): number {
  return Math.min(shard.options.groupSizeMax, GROUP_MEMBERS_MAX);
}

/**
 * Forgets a group of which nothing is left: no record, no offset, nobody in it or on the way in.
 * A group that ever had a generation has a record, or has one on its way to the log.
 */
export function dropIfVoid(shard: ShardState, group: ClassicGroup): void {
  if (group.state !== 'Empty' || group.generation > 0 || group.persisted !== undefined) return;
  if (group.members.size > 0 || group.pendingMembers.size > 0) return;
  if (hasOffsets(shard, group.groupId)) return;
  shard.groups.delete(group.groupId);
  group.become('Dead', group.stateTimestampMs);
}

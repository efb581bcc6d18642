import { unreachable, type Uuid } from '@weirhouse/shared-kernel';

import { NO_ASSIGNMENT, type Assignment } from '../assignors/assignment.ts';
import type {
  ConsumerRecord,
  GroupEpoch,
  ResolvedPattern,
  TargetEpoch,
} from '../records/consumer-record.ts';
import {
  BLANK_PROFILE,
  isReconciled,
  NOTHING_ASSIGNED,
  type ConsumerMember,
  type ConsumerProfile,
  type CurrentAssignment,
} from './consumer-member.ts';
import { eachHeld } from './held-partitions.ts';
import { LayeredMap } from './layered-map.ts';

/** What ConsumerGroupDescribe and ListGroups call the state. */
export type ConsumerGroupState = 'Empty' | 'Assigning' | 'Reconciling' | 'Stable';

/** What a group is made of, by key. */
interface Tables {
  readonly members: LayeredMap<string, ConsumerMember>;
  readonly targets: LayeredMap<string, Assignment>;
  readonly patterns: LayeredMap<string, ResolvedPattern>;
  /** Member id by partition: who has it, or has not given it up yet. */
  readonly owners: LayeredMap<string, string>;
  /** Member id by instance id. */
  readonly instances: LayeredMap<string, string>;
}

/** Before the first record. */
const NO_EPOCH: GroupEpoch = { epoch: 0, topicsHash: 0 };
const NO_TARGET: TargetEpoch = { epoch: 0, assignedAtMs: 0 };

/**
 * A consumer group (KIP-848) as its records make it; `replay` alone changes it. Three epochs: the
 * group's grows when members, subscriptions or topics change; the target's says which of them the
 * target assignment is for; a member's, how far it has followed.
 */
export class ConsumerGroup {
  readonly kind = 'consumer';
  readonly groupId: string;
  /** Version of the topics when the group last compared its hash; not replicated. */
  seenTopicsVersion = -1;
  /** When and at which version of the topics a pattern was last looked at; not replicated. */
  readonly patternsSeen = new Map<string, { readonly atMs: number; readonly version: number }>();
  /** Members of the classic protocol that were told to rejoin and have not yet; not replicated. */
  readonly awaitedJoins = new Set<string>();

  readonly #tables: Tables;
  #epoch: GroupEpoch = NO_EPOCH;
  #target: TargetEpoch = NO_TARGET;
  #topicNames: ReadonlySet<string> | undefined;

  constructor(groupId: string, below?: ConsumerGroup) {
    this.groupId = groupId;
    this.#tables = layeredOver(below === undefined ? undefined : below.#tables);
    if (below === undefined) return;
    this.#epoch = below.#epoch;
    this.#target = below.#target;
    this.#topicNames = below.#topicNames;
  }

  /** The same group to try records out on; this one must not change meanwhile. */
  fork(): ConsumerGroup {
    return new ConsumerGroup(this.groupId, this);
  }

  get epoch(): number {
    return this.#epoch.epoch;
  }

  get topicsHash(): number {
    return this.#epoch.topicsHash;
  }

  get target(): TargetEpoch {
    return this.#target;
  }

  get size(): number {
    return this.#tables.members.size;
  }

  get state(): ConsumerGroupState {
    if (this.#tables.members.size === 0) return 'Empty';
    if (this.epoch > this.#target.epoch) return 'Assigning';
    for (const member of this.#tables.members.values())
      if (!isReconciled(member, this.#target.epoch)) return 'Reconciling';
    return 'Stable';
  }

  members(): Iterable<ConsumerMember> {
    return this.#tables.members.values();
  }

  find(memberId: string): ConsumerMember | undefined {
    return this.#tables.members.get(memberId);
  }

  findInstance(instanceId: string): ConsumerMember | undefined {
    const memberId = this.#tables.instances.get(instanceId);
    return memberId === undefined ? undefined : this.#tables.members.get(memberId);
  }

  /** What the member should have. */
  targetOf(memberId: string): Assignment {
    return this.#tables.targets.get(memberId) ?? NO_ASSIGNMENT;
  }

  /** The member that has a partition or has not given it up yet. */
  ownerOf(topicId: Uuid, partition: number): string | undefined {
    return this.#tables.owners.get(partitionKey(topicId, partition));
  }

  findPattern(pattern: string): ResolvedPattern | undefined {
    return this.#tables.patterns.get(pattern);
  }

  patterns(): Iterable<readonly [string, ResolvedPattern]> {
    return this.#tables.patterns.entries();
  }

  /** The topics that one member wants, by name or pattern; they need not exist. */
  topicNamesOf({ topicNames, topicPattern }: ConsumerProfile): Iterable<string> {
    const resolved = topicPattern === '' ? undefined : this.#tables.patterns.get(topicPattern);
    return resolved === undefined ? topicNames : new Set([...topicNames, ...resolved.topics]);
  }

  /** The topics that any member wants. */
  topicNames(): ReadonlySet<string> {
    if (this.#topicNames !== undefined) return this.#topicNames;
    const names = new Set<string>();
    for (const { profile } of this.#tables.members.values())
      for (const name of this.topicNamesOf(profile)) names.add(name);
    this.#topicNames = names;
    return names;
  }

  isSubscribedTo(topic: string): boolean {
    return this.topicNames().has(topic);
  }

  replay(record: ConsumerRecord): void {
    switch (record.kind) {
      case 'consumer-group':
        this.#epoch = record.value ?? NO_EPOCH;
        return;
      case 'consumer-target':
        this.#target = record.value ?? NO_TARGET;
        return;
      case 'consumer-target-member':
        if (record.value === null) this.#tables.targets.delete(record.memberId);
        else this.#tables.targets.set(record.memberId, record.value);
        return;
      case 'consumer-pattern':
        this.#topicNames = undefined;
        if (record.value === null) this.#tables.patterns.delete(record.pattern);
        else this.#tables.patterns.set(record.pattern, record.value);
        return;
      case 'consumer-member':
        this.#replayProfile(record.memberId, record.value);
        return;
      case 'consumer-current':
        this.#replayCurrent(record.memberId, record.value);
        return;
      default:
        unreachable(record);
    }
  }

  /** The records that make this group, in an order that makes it again. */
  *records(): Generator<ConsumerRecord> {
    const { groupId } = this;
    for (const { memberId, profile } of this.#tables.members.values())
      yield { kind: 'consumer-member', groupId, memberId, value: profile };
    for (const [pattern, value] of this.#tables.patterns.entries())
      yield { kind: 'consumer-pattern', groupId, pattern, value };
    yield { kind: 'consumer-group', groupId, value: this.#epoch };
    for (const [memberId, value] of this.#tables.targets.entries())
      yield { kind: 'consumer-target-member', groupId, memberId, value };
    yield { kind: 'consumer-target', groupId, value: this.#target };
    for (const { memberId, current } of this.#tables.members.values())
      yield { kind: 'consumer-current', groupId, memberId, value: current };
  }

  /** The records that remove this group, whatever is in it, in Kafka's order. */
  *tombstones(): Generator<ConsumerRecord> {
    const { groupId } = this;
    for (const memberId of this.#tables.members.keys())
      yield { kind: 'consumer-current', groupId, memberId, value: null };
    for (const memberId of this.#tables.targets.keys())
      yield { kind: 'consumer-target-member', groupId, memberId, value: null };
    yield { kind: 'consumer-target', groupId, value: null };
    for (const memberId of this.#tables.members.keys())
      yield { kind: 'consumer-member', groupId, memberId, value: null };
    for (const pattern of this.#tables.patterns.keys())
      yield { kind: 'consumer-pattern', groupId, pattern, value: null };
    yield { kind: 'consumer-group', groupId, value: null };
  }

  #replayProfile(memberId: string, profile: ConsumerProfile | null): void {
    this.#topicNames = undefined;
    const member = this.#tables.members.get(memberId);
    const instanceId = member?.profile.instanceId ?? null;
    if (instanceId !== null && this.#tables.instances.get(instanceId) === memberId)
      this.#tables.instances.delete(instanceId);
    if (profile === null) {
      if (member !== undefined) this.#release(member);
      this.#tables.members.delete(memberId);
      return;
    }
    if (profile.instanceId !== null) this.#tables.instances.set(profile.instanceId, memberId);
    const current = member?.current ?? NOTHING_ASSIGNED;
    this.#tables.members.set(memberId, { memberId, profile, current });
  }

  #replayCurrent(memberId: string, current: CurrentAssignment | null): void {
    const member = this.#tables.members.get(memberId);
    if (member !== undefined) this.#release(member);
    else if (current === null) return;
    // After compaction a member's profile can come later than its assignment.
    const profile = member?.profile ?? BLANK_PROFILE;
    const next = { memberId, profile, current: current ?? NOTHING_ASSIGNED };
    this.#tables.members.set(memberId, next);
    for (const held of [next.current.assigned, next.current.revoking]) {
      for (const { partition, topicId } of eachHeld(held))
        this.#tables.owners.set(partitionKey(topicId, partition), memberId);
    }
  }

  /** Forgets what the member has, unless somebody else has it by now. */
  #release({ current, memberId }: ConsumerMember): void {
    for (const held of [current.assigned, current.revoking]) {
      for (const { partition, topicId } of eachHeld(held)) {
        const key = partitionKey(topicId, partition);
        if (this.#tables.owners.get(key) === memberId) this.#tables.owners.delete(key);
      }
    }
  }
}

function layeredOver(below: Tables | undefined): Tables {
  return {
    members: new LayeredMap(below?.members),
    targets: new LayeredMap(below?.targets),
    patterns: new LayeredMap(below?.patterns),
    owners: new LayeredMap(below?.owners),
    instances: new LayeredMap(below?.instances),
  };
}

function partitionKey(topicId: Uuid, partition: number): string {
  return `${topicId}/${partition}`;
}

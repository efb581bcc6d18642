import { assert } from '@weirhouse/shared-kernel';

import type { JoinGroupAnswer, SyncGroupAnswer } from '../messages.ts';
import type { PersistedGroup } from '../records/coordinator-record.ts';
import {
  metadataBytesOf,
  type ClassicMember,
  type MemberProtocol,
  type ParkedJoin,
} from './classic-member.ts';
import { canBecome, type GroupState } from './group-state.ts';
import { ProtocolVotes } from './protocol-votes.ts';
import { subscribedTopicsOf } from './subscription.ts';

/** Kafka's protocol type of consumers, the only one whose metadata the coordinator may read. */
export const CONSUMER_PROTOCOL_TYPE = 'consumer';

const NO_ASSIGNMENT = Buffer.alloc(0);
const NO_TOPICS: ReadonlySet<string> = new Set();

/**
 * A classic group: `persisted` is the replicated part, written by replay alone; all else is what
 * the living coordinator keeps beside it and rebuilds after loading. This class keeps the counts
 * and indexes true; when a rebalance starts and ends is decided in `rebalance.ts`.
 */
export class ClassicGroup {
  readonly kind = 'classic';
  readonly groupId: string;
  persisted: PersistedGroup | undefined;

  state: GroupState = 'Empty';
  previousState: GroupState = 'Empty';
  /** Since when the group is in its state; -1 when unknown. */
  stateTimestampMs = -1;
  generation = 0;
  /** Undefined for groups that only ever committed offsets ("simple" groups). */
  protocolType: string | undefined;
  protocolName: string | null = null;
  leaderId: string | null = null;
  /** Ids given out with MEMBER_ID_REQUIRED that have not come back (KIP-394). */
  readonly pendingMembers = new Set<string>();
  /** Members of this generation that have not sent SyncGroup. */
  readonly unsynced = new Set<string>();
  /** A member arrived since the initial delay was last extended. */
  hasNewArrival = false;
  /** The leader's assignments of this generation are on their way to the log. */
  isPersisting = false;

  readonly #members = new Map<string, ClassicMember>();
  readonly #memberIdByInstance = new Map<string, string>();
  readonly #votes = new ProtocolVotes();
  #parkedJoins = 0;
  #metadataBytes = 0;
  #subscribedTopics: ReadonlySet<string> | undefined = NO_TOPICS;
  #assignments: ReadonlyMap<string, Buffer> = new Map();
  #assignmentsOf: PersistedGroup | undefined;

  constructor(groupId: string) {
    this.groupId = groupId;
  }

  get members(): ReadonlyMap<string, ClassicMember> {
    return this.#members;
  }

  /** Members whose join waits for the end of the join phase. */
  get parkedJoinCount(): number {
    return this.#parkedJoins;
  }

  /** Bytes of metadata that the members hold. */
  get metadataBytes(): number {
    return this.#metadataBytes;
  }

  get hasEveryoneJoined(): boolean {
    return this.#members.size === this.#parkedJoins && this.pendingMembers.size === 0;
  }

  /** The longest rebalance timeout of the members, in ms; 0 without members. */
  get rebalanceTimeoutMs(): number {
    let longestMs = 0;
    for (const member of this.#members.values())
      longestMs = Math.max(longestMs, member.rebalanceTimeoutMs);
    return longestMs;
  }

  become(state: GroupState, nowMs: number): void {
    assert(canBecome(this.state, state), `group cannot go from ${this.state} to ${state}`);
    // What the first members want is known once the join phase ends.
    if (this.state === 'Empty' && state === 'PreparingRebalance')
      this.#subscribedTopics = undefined;
    this.previousState = this.state;
    this.state = state;
    this.stateTimestampMs = nowMs;
  }

  /** Takes the state found in the log, after loading. */
  restore(state: 'Empty' | 'Stable', persisted: PersistedGroup): void {
    this.state = state;
    this.previousState = 'Empty';
    this.stateTimestampMs = persisted.stateTimestampMs;
    this.generation = persisted.generation;
    this.protocolType = persisted.protocolType === '' ? undefined : persisted.protocolType;
    this.protocolName = persisted.protocolName;
    this.leaderId = persisted.leaderId;
    this.#refreshSubscribedTopics();
  }

  addMember(member: ClassicMember, protocolType: string): void {
    assert(!this.#members.has(member.memberId), 'a member is added once');
    if (this.#members.size === 0) this.protocolType = protocolType;
    if (member.instanceId !== null) {
      assert(!this.#memberIdByInstance.has(member.instanceId), 'one member per instance id');
      this.#memberIdByInstance.set(member.instanceId, member.memberId);
    }
    this.#members.set(member.memberId, member);
    this.#votes.add(member.protocols);
    this.#metadataBytes += metadataBytesOf(member.protocols);
    this.leaderId ??= member.memberId;
  }

  /** Takes the member out; the caller has answered what it had parked. */
  removeMember(member: ClassicMember): void {
    assert(member.parkedJoin === undefined, 'a member that leaves has its join answered');
    assert(member.parkedSync === undefined, 'a member that leaves has its sync answered');
    this.#members.delete(member.memberId);
    this.#votes.remove(member.protocols);
    this.#metadataBytes -= metadataBytesOf(member.protocols);
    this.unsynced.delete(member.memberId);
    if (member.instanceId !== null) this.#memberIdByInstance.delete(member.instanceId);
    if (this.leaderId === member.memberId) {
      const next = this.#members.keys().next();
      this.leaderId = next.done === true ? null : next.value;
    }
  }

  /** Puts the new incarnation of a static member in the place of the old one (KIP-345). */
  replaceMember(old: ClassicMember, next: ClassicMember): void {
    assert(old.instanceId !== null && old.instanceId === next.instanceId, 'same instance');
    const wasLeader = this.leaderId === old.memberId;
    this.removeMember(old);
    this.addMember(next, this.protocolType ?? '');
    if (wasLeader) this.leaderId = next.memberId;
  }

  updateProtocols(member: ClassicMember, protocols: readonly MemberProtocol[]): void {
    this.#votes.remove(member.protocols);
    this.#metadataBytes += metadataBytesOf(protocols) - metadataBytesOf(member.protocols);
    member.protocols = protocols;
    this.#votes.add(protocols);
  }

  findMemberIdOfInstance(instanceId: string): string | undefined {
    return this.#memberIdByInstance.get(instanceId);
  }

  /** True when a member of that type and protocols shares one protocol with all members. */
  supportsProtocols(protocolType: string, protocols: readonly { name: string }[]): boolean {
    if (protocolType === '' || protocols.length === 0) return false;
    if (this.#members.size === 0) return true;
    if (protocolType !== this.protocolType) return false;
    return protocols.some(({ name }) => this.#votes.isCommon(name, this.#members.size));
  }

  /** The protocol with the most votes among those that all members speak. */
  selectProtocol(): string {
    return this.#votes.select(this.#members.values(), this.#members.size);
  }

  /** Starts the next generation with the members there are. */
  startGeneration(nowMs: number): void {
    this.generation += 1;
    this.unsynced.clear();
    if (this.#members.size === 0) {
      this.protocolName = null;
      this.leaderId = null;
      this.become('Empty', nowMs);
    } else {
      this.protocolName = this.selectProtocol();
      this.become('CompletingRebalance', nowMs);
    }
    this.#refreshSubscribedTopics();
  }

  parkJoin(member: ClassicMember, parked: ParkedJoin): void {
    assert(member.parkedJoin === undefined, 'one parked join per member');
    member.parkedJoin = parked;
    this.#parkedJoins += 1;
  }

  /** Answers and forgets the parked join; without one nothing happens. */
  answerJoin(member: ClassicMember, answerOf: (apiVersion: number) => JoinGroupAnswer): void {
    const parked = member.parkedJoin;
    if (parked === undefined) return;
    member.parkedJoin = undefined;
    this.#parkedJoins -= 1;
    parked.respond(answerOf(parked.apiVersion));
  }

  /** Answers and forgets the parked sync. Returns false when there was none. */
  answerSync(member: ClassicMember, answer: SyncGroupAnswer): boolean {
    const respond = member.parkedSync;
    if (respond === undefined) return false;
    member.parkedSync = undefined;
    respond(answer);
    return true;
  }

  /** The durable or replayed assignment of this generation; empty when there is none. */
  assignmentOf(memberId: string): Buffer {
    const persisted = this.persisted;
    if (persisted === undefined || persisted.generation !== this.generation) return NO_ASSIGNMENT;
    if (this.#assignmentsOf !== persisted) {
      this.#assignments = new Map(
        persisted.members.map((member) => [member.memberId, member.assignment]),
      );
      this.#assignmentsOf = persisted;
    }
    return this.#assignments.get(memberId) ?? NO_ASSIGNMENT;
  }

  /**
   * True when a member consumes that topic. A consumer group whose subscriptions cannot be read
   * counts as subscribed to everything, so that nothing of it is lost (KIP-211).
   */
  isSubscribedTo(topic: string): boolean {
    if (this.#subscribedTopics !== undefined) return this.#subscribedTopics.has(topic);
    return this.protocolType === CONSUMER_PROTOCOL_TYPE;
  }

  /** True when the members' topics are known. */
  get areTopicsKnown(): boolean {
    return this.#subscribedTopics !== undefined;
  }

  #refreshSubscribedTopics(): void {
    if (this.#members.size === 0) {
      this.#subscribedTopics = NO_TOPICS;
      return;
    }
    if (this.protocolType !== CONSUMER_PROTOCOL_TYPE) {
      this.#subscribedTopics = undefined;
      return;
    }
    const metadata = [...this.#members.values()].map((m) => m.findMetadata(this.protocolName));
    this.#subscribedTopics = subscribedTopicsOf(metadata);
  }
}

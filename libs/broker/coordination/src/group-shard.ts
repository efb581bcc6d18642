/*
 * The states of a classic group; `classic/group-state.ts` has the table with all events.
 *
 * | state               | a client sees                     | goes to                               |
 * |---------------------|-----------------------------------|---------------------------------------|
 * | Empty               | no members; offsets may be there  | PreparingRebalance: somebody joins    |
 * | PreparingRebalance  | joins wait, heartbeats get 27     | CompletingRebalance, or Empty again   |
 * | CompletingRebalance | joins answered, syncs wait        | Stable: assignments are durable       |
 * | Stable              | syncs answered, commits taken     | PreparingRebalance: membership moves  |
 * | Dead                | unknown group                     | nowhere: deleted, bare or unloaded    |
 */
import { KafkaError } from '@weirhouse/kafka-protocol';

import { joinError, syncError } from './classic/answers.ts';
import type { ClassicGroup } from './classic/classic-group.ts';
import { describeGroup, listGroups } from './classic/describe.ts';
import { restoreGroup } from './classic/group-record.ts';
import { heartbeat } from './classic/heartbeat.ts';
import { joinGroup } from './classic/join.ts';
import { leaveGroup } from './classic/leave.ts';
import { rebalance, restartSession } from './classic/rebalance.ts';
import { syncGroup } from './classic/sync.ts';
import { joinPhaseKey, sessionKey, syncPhaseKey } from './classic/timer-keys.ts';
import type * as messages from './messages.ts';
import { commitOffsets } from './offsets/commit.ts';
import { expireOffsets } from './offsets/expiry.ts';
import { fetchOffsets } from './offsets/fetch.ts';
import { OffsetStore } from './offsets/offset-store.ts';
import { deleteGroup, deleteOffsets, removeTopics, type DeletedTopic } from './offsets/removal.ts';
import { Operation } from './operation.ts';
import type { GroupShardOptions } from './options.ts';
import type { OperationResult, ShardPorts } from './ports.ts';
import type { CoordinatorRecord } from './records/coordinator-record.ts';
import {
  dropIfVoid,
  ensureClassicGroup,
  findClassicGroup,
  groupSizeLimit,
  type ShardState,
} from './shard-state.ts';

type Context = messages.RequestContext;
type Respond<Answer> = messages.Respond<Answer>;

/**
 * The groups and committed offsets of one `__consumer_offsets` partition.
 *
 * Life of a shard: `replay` for every record of the partition, `onLoaded` once, then operations,
 * each followed by `replay` of its own records; `onUnloaded` ends it. Replicated state (offsets,
 * a group's generation, members and assignments) changes in `replay` only.
 */
export class GroupShard {
  readonly #state: ShardState;

  constructor(options: GroupShardOptions, ports: ShardPorts) {
    this.#state = { options, ports, groups: new Map(), offsets: new OffsetStore() };
  }

  get groupCount(): number {
    return this.#state.groups.size;
  }

  /** JoinGroup; answered at once or when the join phase ends. */
  joinGroup(
    request: messages.JoinGroupInput,
    context: Context,
    respond: Respond<messages.JoinGroupAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => joinGroup(operation, request, context, respond));
  }

  /** SyncGroup; answered at once or when the leader's assignments are durable. */
  syncGroup(
    request: messages.SyncGroupInput,
    context: Context,
    respond: Respond<messages.SyncGroupAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => syncGroup(operation, request, respond));
  }

  /** Heartbeat; answered at once. */
  heartbeat(
    request: messages.HeartbeatInput,
    context: Context,
    respond: Respond<messages.HeartbeatAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) =>
      respond({ errorCode: heartbeat(operation, request) }),
    );
  }

  /** LeaveGroup; `members` is filled from version 3 on. */
  leaveGroup(
    request: messages.LeaveGroupInput,
    context: Context,
    respond: Respond<messages.LeaveGroupAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) =>
      leaveGroup(operation, request, context, respond),
    );
  }

  /** OffsetCommit; the answer has the request's topics and partitions, in order. */
  offsetCommit(
    request: messages.OffsetCommitInput,
    context: Context,
    respond: Respond<messages.OffsetCommitAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) =>
      commitOffsets(operation, request, context, respond),
    );
  }

  /** OffsetFetch for one group. A read: the runtime answers once what it shows is durable. */
  offsetFetch(request: messages.OffsetFetchInput): messages.OffsetFetchAnswer {
    return fetchOffsets(this.#state, request);
  }

  /** DescribeGroups for one group. A read. */
  describeGroup(
    groupId: string,
    context: Pick<Context, 'apiVersion'>,
  ): messages.DescribedGroupAnswer {
    return describeGroup(this.#state, groupId, context);
  }

  /** ListGroups for this shard. A read. */
  listGroups(filters: messages.ListGroupsInput): readonly messages.ListedGroupAnswer[] {
    return listGroups(this.#state, filters);
  }

  /** DeleteGroups for one group; the answer is its error code. */
  deleteGroup(groupId: string, nowMs: number, respond: Respond<number>): OperationResult {
    return this.#run(nowMs, (operation) => deleteGroup(operation, groupId, respond));
  }

  /** OffsetDelete. */
  offsetDelete(
    request: messages.OffsetDeleteInput,
    context: Pick<Context, 'nowMs'>,
    respond: Respond<messages.OffsetDeleteAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => deleteOffsets(operation, request, respond));
  }

  /** Removes the offsets of deleted topics in all groups. */
  onTopicsDeleted(topics: readonly DeletedTopic[], nowMs: number): OperationResult {
    return this.#run(nowMs, (operation) => removeTopics(operation, topics));
  }

  /** Removes expired offsets and bare Empty groups; Kafka does it every 10 minutes. */
  expireOffsets(nowMs: number): OperationResult {
    return this.#run(nowMs, expireOffsets);
  }

  /** Takes in one record, from the log at load or from an operation that was just appended. */
  replay(record: CoordinatorRecord): void {
    if (record.kind === 'offset') {
      this.#state.offsets.replay(record);
      if (record.value !== null) ensureClassicGroup(this.#state, record.groupId);
      else this.#dropIfVoid(record.groupId);
      return;
    }
    if (record.value !== null) {
      ensureClassicGroup(this.#state, record.groupId).persisted = record.value;
      return;
    }
    const group = findClassicGroup(this.#state, record.groupId);
    if (group !== undefined) this.#bury(group);
    // Offsets that outlive their group's record are those of a simple group.
    const { offsets } = this.#state;
    if (offsets.hasGroup(record.groupId)) ensureClassicGroup(this.#state, record.groupId);
  }

  /**
   * Call once when the whole partition has been replayed and before anything else: rebuilds the
   * groups from their records and gives every member a full session.
   */
  onLoaded(nowMs: number): OperationResult {
    return this.#run(nowMs, (operation) => {
      for (const group of this.#state.groups.values()) {
        if (group.persisted === undefined) continue;
        restoreGroup(group, group.persisted);
        for (const member of group.members.values()) restartSession(operation, group, member);
        // The limit may have been lowered; the rebalance keeps those who come first.
        if (group.members.size > groupSizeLimit(this.#state)) rebalance(operation, group);
      }
    });
  }

  /**
   * Ends the shard: parked joins and syncs are answered NOT_COORDINATOR, timers are cancelled.
   * Results still waiting in the log get their callbacks from the runtime as ever.
   */
  onUnloaded(): void {
    for (const group of this.#state.groups.values()) this.#bury(group);
  }

  /** The records that rebuild the replicated state, and nothing else: for snapshots and checks. */
  snapshotRecords(): readonly CoordinatorRecord[] {
    const records: CoordinatorRecord[] = [];
    for (const { groupId, persisted } of this.#state.groups.values()) {
      if (persisted !== undefined)
        records.push({ kind: 'classic-group', groupId, value: persisted });
    }
    const { offsets } = this.#state;
    for (const groupId of offsets.groupIds()) {
      for (const { topic, partition, committed } of offsets.entriesOf(groupId))
        records.push({ kind: 'offset', groupId, topic, partition, value: committed });
    }
    return records;
  }

  #run(nowMs: number, work: (operation: Operation) => void): OperationResult {
    const operation = new Operation(this.#state, nowMs);
    work(operation);
    return operation.result();
  }

  #dropIfVoid(groupId: string): void {
    const group = findClassicGroup(this.#state, groupId);
    if (group !== undefined) dropIfVoid(this.#state, group);
  }

  /** Nothing may be owed by a group that is gone, and no timer may wake it. */
  #bury(group: ClassicGroup): void {
    const { timers } = this.#state.ports;
    const gone = KafkaError.NOT_COORDINATOR;
    for (const member of group.members.values()) {
      group.answerJoin(member, (version) => joinError(gone, member.memberId, version));
      group.answerSync(member, syncError(gone));
      timers.cancel(sessionKey(group.groupId, member.memberId));
    }
    for (const memberId of group.pendingMembers) timers.cancel(sessionKey(group.groupId, memberId));
    timers.cancel(joinPhaseKey(group.groupId));
    timers.cancel(syncPhaseKey(group.groupId));
    this.#state.groups.delete(group.groupId);
    group.become('Dead', group.stateTimestampMs);
  }
}

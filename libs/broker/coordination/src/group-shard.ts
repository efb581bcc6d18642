/*
 * The states of a classic group; `classic/group-state.ts` has the table with all events. Those of a
 * consumer group follow from its records; `consumer/reconcile.ts` has the table of its members.
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

import { buryGroup } from './classic/bury.ts';
import { describeGroup, listGroups } from './classic/describe.ts';
import { restoreGroup } from './classic/group-record.ts';
import { heartbeat } from './classic/heartbeat.ts';
import { joinGroup } from './classic/join.ts';
import { leaveGroup } from './classic/leave.ts';
import { rebalance, restartSession } from './classic/rebalance.ts';
import { syncGroup } from './classic/sync.ts';
import { resumeConsumerGroup } from './consumer/resume.ts';
import { describeConsumerGroup } from './consumer/describe.ts';
import { consumerHeartbeat } from './consumer/heartbeat.ts';
import { replayConsumerRecord } from './consumer/replay.ts';
import { cancelTimers } from './consumer/timer-keys.ts';
import { TopicHashes } from './consumer/topics.ts';
import type * as messages from './messages.ts';
import { joinConsumerGroup } from './migration/classic-join.ts';
import { leaveAsClassic } from './migration/classic-leave.ts';
import { beatAsClassic, syncConsumerGroup } from './migration/classic-steps.ts';
import { retireEmptyGroup } from './migration/downgrade.ts';
import { commitOffsets } from './offsets/commit.ts';
import { expireOffsets } from './offsets/expiry.ts';
import { fetchOffsets } from './offsets/fetch.ts';
import { OffsetStore, type OffsetEntry } from './offsets/offset-store.ts';
import { PendingOffsets } from './offsets/pending-offsets.ts';
import { deleteGroup, deleteOffsets, removeTopics, type DeletedTopic } from './offsets/removal.ts';
import { commitInTransaction } from './offsets/txn-commit.ts';
import { Operation } from './operation.ts';
import type { GroupShardOptions } from './options.ts';
import type { OperationResult, ShardPorts } from './ports.ts';
import type {
  ClassicGroupRecord,
  CoordinatorRecord,
  TransactionEnd,
} from './records/coordinator-record.ts';
import {
  dropIfVoid,
  ensureClassicGroup,
  findClassicGroup,
  findConsumerGroup,
  groupSizeLimit,
  hasOffsets,
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
    this.#state = {
      options,
      ports,
      groups: new Map(),
      arriving: new Map(),
      offsets: new OffsetStore(),
      pendingOffsets: new PendingOffsets(),
      topicHashes: new TopicHashes(ports.topics),
      unsettled: [],
    };
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
    return this.#run(context.nowMs, (operation) => {
      retireEmptyGroup(operation, request.groupId);
      const group = findConsumerGroup(this.#state, request.groupId);
      if (group === undefined) joinGroup(operation, request, context, respond);
      else joinConsumerGroup(operation, request, { group, context, respond });
    });
  }

  /** SyncGroup; answered at once or when the leader's assignments are durable. */
  syncGroup(
    request: messages.SyncGroupInput,
    context: Context,
    respond: Respond<messages.SyncGroupAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => {
      const group = findConsumerGroup(this.#state, request.groupId);
      if (group === undefined) syncGroup(operation, request, respond);
      else syncConsumerGroup(operation, request, { group, respond });
    });
  }

  /** Heartbeat; answered at once, in a consumer group when what it brings about is durable. */
  heartbeat(
    request: messages.HeartbeatInput,
    context: Context,
    respond: Respond<messages.HeartbeatAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => {
      const group = findConsumerGroup(this.#state, request.groupId);
      if (group === undefined) respond({ errorCode: heartbeat(operation, request) });
      else beatAsClassic(operation, request, { group, respond });
    });
  }

  /** ConsumerGroupHeartbeat (KIP-848); answered when what it says is durable. */
  consumerGroupHeartbeat(
    request: messages.ConsumerHeartbeatInput,
    context: messages.ConsumerHeartbeatContext,
    respond: Respond<messages.ConsumerHeartbeatAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) =>
      consumerHeartbeat(operation, request, context, respond),
    );
  }

  /** ConsumerGroupDescribe for one group. A read. */
  describeConsumerGroup(groupId: string): messages.DescribedConsumerGroup {
    return describeConsumerGroup(this.#state, groupId);
  }

  /** LeaveGroup; `members` is filled from version 3 on. */
  leaveGroup(
    request: messages.LeaveGroupInput,
    context: Context,
    respond: Respond<messages.LeaveGroupAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) => {
      const group = findConsumerGroup(this.#state, request.groupId);
      if (group === undefined) leaveGroup(operation, request, context, respond);
      else leaveAsClassic(operation, request, { group, context, respond });
    });
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

  /** TxnOffsetCommit; the caller has verified that the transaction holds this partition. */
  txnOffsetCommit(
    request: messages.TxnOffsetCommitInput,
    context: Pick<Context, 'nowMs'>,
    respond: Respond<messages.TxnOffsetCommitAnswer>,
  ): OperationResult {
    return this.#run(context.nowMs, (operation) =>
      commitInTransaction(operation, request, respond),
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

  /** Every committed offset with its group; changed by any operation, so used up at once. */
  *committedOffsets(): Generator<OffsetEntry & { readonly groupId: string }> {
    const { offsets } = this.#state;
    for (const groupId of offsets.groupIds())
      for (const entry of offsets.entriesOf(groupId)) yield { groupId, ...entry };
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
    const { groups, offsets, pendingOffsets } = this.#state;
    const { groupId } = record;
    if (record.kind === 'classic-group') {
      this.#replayClassicGroup(record);
    } else if (record.kind === 'pending-offset') {
      pendingOffsets.replay(record);
    } else if (record.kind === 'offset') {
      offsets.replay(record);
      pendingOffsets.drop(groupId, record.topic, record.partition);
      if (record.value === null) this.#dropIfVoid(groupId);
    } else {
      replayConsumerRecord(this.#state, record);
    }
    // Offsets without any record of their group are those of a simple group.
    if (!groups.has(groupId) && hasOffsets(this.#state, groupId))
      ensureClassicGroup(this.#state, groupId);
  }

  /** Takes in the end of a producer's transaction, at load or just appended to the partition. */
  endTransaction({ isCommitted, producerId }: TransactionEnd): void {
    const ended = this.#state.pendingOffsets.end(producerId, isCommitted);
    for (const record of ended.committed) this.replay(record);
    for (const groupId of ended.groupIds) this.#dropIfVoid(groupId);
  }

  /**
   * Call once when the whole partition has been replayed and before anything else: rebuilds the
   * groups from their records and gives every member a full session.
   */
  onLoaded(nowMs: number): OperationResult {
    return this.#run(nowMs, (operation) => {
      for (const group of this.#state.groups.values()) {
        if (group.kind === 'consumer') {
          resumeConsumerGroup(operation, group);
          continue;
        }
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
    const { arriving, groups, ports } = this.#state;
    for (const group of [...groups.values(), ...arriving.values()]) {
      if (group.kind === 'classic') buryGroup(ports, group, KafkaError.NOT_COORDINATOR);
      else
        for (const { memberId } of group.members())
          cancelTimers(ports.timers, group.groupId, memberId);
    }
    groups.clear();
  }

  /** The records that rebuild the replicated state, and nothing else: for snapshots and checks. */
  snapshotRecords(): readonly CoordinatorRecord[] {
    const records: CoordinatorRecord[] = [];
    for (const group of this.#state.groups.values()) {
      const { groupId } = group;
      if (group.kind === 'consumer') records.push(...group.records());
      else if (group.persisted !== undefined)
        records.push({ kind: 'classic-group', groupId, value: group.persisted });
    }
    const { offsets } = this.#state;
    for (const groupId of offsets.groupIds()) {
      for (const { topic, partition, committed } of offsets.entriesOf(groupId))
        records.push({ kind: 'offset', groupId, topic, partition, value: committed });
    }
    return [...records, ...this.#state.pendingOffsets.records()];
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

  #replayClassicGroup({ groupId, value }: ClassicGroupRecord): void {
    if (value !== null) {
      const { arriving, groups } = this.#state;
      const living = arriving.get(groupId);
      if (living !== undefined) groups.set(groupId, living);
      arriving.delete(groupId);
      ensureClassicGroup(this.#state, groupId).persisted = value;
      return;
    }
    const group = findClassicGroup(this.#state, groupId);
    if (group === undefined) return;
    buryGroup(this.#state.ports, group, KafkaError.NOT_COORDINATOR);
    this.#state.groups.delete(groupId);
  }
}

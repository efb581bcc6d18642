import { Writer } from '@weirhouse/kafka-protocol';
import {
  defaultConsumerProtocolSubscription,
  writeConsumerProtocolSubscription,
} from '@weirhouse/kafka-protocol/messages/consumer-protocol-subscription';
import { assert, ZERO_UUID } from '@weirhouse/shared-kernel';

import type {
  HeartbeatAnswer,
  JoinGroupAnswer,
  JoinGroupInput,
  LeaveGroupAnswer,
  LeavingMember,
  OffsetCommitAnswer,
  OffsetCommitInput,
  RequestContext,
  SyncGroupAnswer,
  SyncGroupInput,
} from '../messages.ts';
import type { ShardWorld } from './shard-world.ts';

/** Where the one answer to a request arrives; a second one fails the test at once. */
export class Reply<Answer> {
  #answer: Answer | undefined;
  #listener: ((answer: Answer) => void) | undefined;

  readonly take = (answer: Answer): void => {
    assert(this.#answer === undefined, 'a request is answered once');
    this.#answer = answer;
    this.#listener?.(answer);
  };

  /** Tells the listener of the answer when it comes, or at once when it has come. */
  whenAnswered(listener: (answer: Answer) => void): void {
    if (this.#answer === undefined) this.#listener = listener;
    else listener(this.#answer);
  }

  get isAnswered(): boolean {
    return this.#answer !== undefined;
  }

  get answer(): Answer {
    assert(this.#answer !== undefined, 'the request has no answer yet');
    return this.#answer;
  }
}

/** Consumer metadata for these topics, as clients send it. */
export function subscription(
  topics: readonly string[],
  ownedPartitions: readonly { topic: string; partitions: readonly number[] }[] = [],
): Buffer {
  const version = 1;
  const writer = new Writer();
  writer.writeInt16(version);
  const message = { ...defaultConsumerProtocolSubscription(), topics, ownedPartitions };
  writeConsumerProtocolSubscription(writer, message, version);
  return Buffer.concat(writer.finish());
}

/** Latest version of each API that has a say in the coordinator. */
const VERSIONS = { join: 9, sync: 5, heartbeat: 4, leave: 5, commit: 9 } as const;

/** One member of a group as its client sees it. */
export class TestClient {
  readonly groupId: string;
  readonly clientId: string;
  readonly world: ShardWorld;
  memberId = '';
  generation = -1;
  instanceId: string | null = null;

  constructor(world: ShardWorld, clientId: string, groupId = 'orders') {
    this.world = world;
    this.clientId = clientId;
    this.groupId = groupId;
  }

  context(apiVersion: number): RequestContext {
    const { nowMs } = this.world;
    return { nowMs, apiVersion, clientId: this.clientId, clientHost: '/127.0.0.1' };
  }

  /** Sends JoinGroup once. */
  join(
    changes: Partial<JoinGroupInput> = {},
    apiVersion: number = VERSIONS.join,
  ): Reply<JoinGroupAnswer> {
    const request: JoinGroupInput = {
      groupId: this.groupId,
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription(['clicks']) }],
      ...changes,
    };
    const reply = new Reply<JoinGroupAnswer>();
    const { world } = this;
    world.run(world.shard.joinGroup(request, this.context(apiVersion), reply.take));
    return reply;
  }

  /** Joins as clients do: asks for an id first, then comes with it. */
  enter(changes: Partial<JoinGroupInput> = {}): Reply<JoinGroupAnswer> {
    if (this.memberId === '' && this.instanceId === null)
      this.memberId = this.join(changes).answer.memberId;
    return this.join(changes);
  }

  /** Takes id and generation from an answer. */
  accept(reply: Reply<JoinGroupAnswer>): JoinGroupAnswer {
    const { answer } = reply;
    this.memberId = answer.memberId;
    this.generation = answer.generationId;
    return answer;
  }

  sync(
    assignments: Readonly<Record<string, string>> = {},
    changes: Partial<SyncGroupInput> = {},
  ): Reply<SyncGroupAnswer> {
    const request: SyncGroupInput = {
      groupId: this.groupId,
      generationId: this.generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: Object.entries(assignments).map(([memberId, text]) => ({
        memberId,
        assignment: Buffer.from(text),
      })),
      ...changes,
    };
    const reply = new Reply<SyncGroupAnswer>();
    const { world } = this;
    world.run(world.shard.syncGroup(request, this.context(VERSIONS.sync), reply.take));
    return reply;
  }

  /** Sends Heartbeat and returns the error code, which must be there at once. */
  beat(changes: { readonly generationId?: number; readonly memberId?: string } = {}): number {
    return this.sendBeat(changes).answer.errorCode;
  }

  /** Sends Heartbeat. */
  sendBeat(
    changes: { readonly generationId?: number; readonly memberId?: string } = {},
  ): Reply<HeartbeatAnswer> {
    const request = {
      groupId: this.groupId,
      generationId: this.generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      ...changes,
    };
    const reply = new Reply<HeartbeatAnswer>();
    const { world } = this;
    world.run(world.shard.heartbeat(request, this.context(VERSIONS.heartbeat), reply.take));
    return reply;
  }

  leave(
    members: readonly LeavingMember[] = [
      { memberId: this.memberId, groupInstanceId: this.instanceId },
    ],
    apiVersion: number = VERSIONS.leave,
  ): Reply<LeaveGroupAnswer> {
    const reply = new Reply<LeaveGroupAnswer>();
    const { world } = this;
    const request = { groupId: this.groupId, memberId: this.memberId, members };
    world.run(world.shard.leaveGroup(request, this.context(apiVersion), reply.take));
    return reply;
  }

  /** Commits an offset of partition 0 of `clicks`, unless told otherwise. */
  commit(
    offset: number,
    changes: Partial<OffsetCommitInput> & { metadata?: string; topic?: string } = {},
    apiVersion: number = VERSIONS.commit,
  ): Reply<OffsetCommitAnswer> {
    const { metadata = null, topic = 'clicks', ...rest } = changes;
    const partition = {
      partitionIndex: 0,
      committedOffset: offset,
      committedLeaderEpoch: 5,
      committedMetadata: metadata,
    };
    const request: OffsetCommitInput = {
      groupId: this.groupId,
      generationIdOrMemberEpoch: this.generation,
      memberId: this.memberId,
      groupInstanceId: this.instanceId,
      retentionTimeMs: -1,
      topics: [{ name: topic, topicId: ZERO_UUID, partitions: [partition] }],
      ...rest,
    };
    const reply = new Reply<OffsetCommitAnswer>();
    const { world } = this;
    world.run(world.shard.offsetCommit(request, this.context(apiVersion), reply.take));
    return reply;
  }

  /** The committed offset of partition 0; -1 when there is none. */
  fetch(topic = 'clicks'): number {
    const topics = [{ name: topic, topicId: ZERO_UUID, partitionIndexes: [0] }];
    const answer = this.world.shard.offsetFetch({ groupId: this.groupId, topics });
    const found = answer.topics[0]?.partitions[0];
    assert(found !== undefined, 'the answer has the partition that was asked for');
    return found.committedOffset;
  }

  state(): string {
    return this.world.shard.describeGroup(this.groupId, { apiVersion: 5 }).groupState;
  }
}

/** The error of the first partition of a commit. */
export function commitError(reply: { readonly answer: OffsetCommitAnswer }): number | undefined {
  return reply.answer.topics[0]?.partitions[0]?.errorCode;
}

/** Brings clients into one Stable generation; the first one leads. Assignments are `a0`, `a1`... */
export function stabilize(world: ShardWorld, clients: readonly TestClient[]): void {
  const joins = clients.map((client) => client.enter());
  for (let round = 0; round < 4 && joins.some((join) => !join.isAnswered); round += 1)
    world.advance(world.options.initialRebalanceDelayMs);
  clients.forEach((client, index) => {
    const join = joins[index];
    assert(join !== undefined, 'each client has a join');
    client.accept(join);
  });
  const assignments = Object.fromEntries(
    clients.map((client, index) => [client.memberId, `a${index}`]),
  );
  for (const client of clients.toReversed()) client.sync(assignments);
}

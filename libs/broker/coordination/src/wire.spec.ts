import { Writer } from '@weirhouse/kafka-protocol';
import { defaultHeartbeatRequest } from '@weirhouse/kafka-protocol/messages/heartbeat-request';
import {
  defaultJoinGroupRequest,
  defaultJoinGroupRequestProtocol,
  joinGroupRequestSchema,
} from '@weirhouse/kafka-protocol/messages/join-group-request';
import {
  defaultJoinGroupResponse,
  writeJoinGroupResponse,
} from '@weirhouse/kafka-protocol/messages/join-group-response';
import {
  defaultLeaveGroupRequest,
  leaveGroupRequestSchema,
} from '@weirhouse/kafka-protocol/messages/leave-group-request';
import {
  defaultLeaveGroupResponse,
  writeLeaveGroupResponse,
} from '@weirhouse/kafka-protocol/messages/leave-group-response';
import {
  defaultOffsetCommitRequest,
  offsetCommitRequestSchema,
} from '@weirhouse/kafka-protocol/messages/offset-commit-request';
import {
  defaultOffsetCommitResponse,
  writeOffsetCommitResponse,
} from '@weirhouse/kafka-protocol/messages/offset-commit-response';
import {
  defaultOffsetFetchResponse,
  writeOffsetFetchResponse,
} from '@weirhouse/kafka-protocol/messages/offset-fetch-response';
import {
  defaultSyncGroupRequest,
  syncGroupRequestSchema,
} from '@weirhouse/kafka-protocol/messages/sync-group-request';
import {
  defaultSyncGroupResponse,
  writeSyncGroupResponse,
} from '@weirhouse/kafka-protocol/messages/sync-group-response';
import { expect, test } from 'vitest';

import type {
  HeartbeatAnswer,
  JoinGroupAnswer,
  LeaveGroupAnswer,
  OffsetCommitAnswer,
  RequestContext,
  SyncGroupAnswer,
} from './messages.ts';
import { ShardWorld } from './testing/shard-world.ts';
import { Reply, subscription, TestClient } from './testing/test-client.ts';

function versionsOf(schema: { minVersion: number; maxVersion: number }): readonly number[] {
  const { minVersion, maxVersion } = schema;
  return Array.from({ length: maxVersion - minVersion + 1 }, (_, index) => minVersion + index);
}

function contextOf(world: ShardWorld, apiVersion: number): RequestContext {
  return { nowMs: world.nowMs, apiVersion, clientId: null, clientHost: '/10.0.0.1' };
}

/** The bytes of an answer; writing throws when the version cannot carry what it says. */
function written(write: (writer: Writer) => void): number {
  const writer = new Writer();
  write(writer);
  return writer.finish().reduce((sum, chunk) => sum + chunk.length, 0);
}

test.each(versionsOf(joinGroupRequestSchema))(
  'joins of version %i are taken as decoded, and their answers can be written',
  (version) => {
    const world = new ShardWorld();
    const replies: Reply<JoinGroupAnswer>[] = [];
    const join = (memberId: string): Reply<JoinGroupAnswer> => {
      const request = {
        ...defaultJoinGroupRequest(),
        groupId: 'g',
        memberId,
        sessionTimeoutMs: 10_000,
        protocolType: 'consumer',
        protocols: [
          {
            ...defaultJoinGroupRequestProtocol(),
            name: 'range',
            metadata: subscription(['clicks']),
          },
        ],
      };
      const reply = new Reply<JoinGroupAnswer>();
      world.run(world.shard.joinGroup(request, contextOf(world, version), reply.take));
      replies.push(reply);
      return reply;
    };
    const first = join('');
    if (first.isAnswered) join(first.answer.memberId);
    join('unknown');
    world.advance(3_000);
    for (const { answer } of replies) {
      const response = { ...defaultJoinGroupResponse(), ...answer };
      const bytes = written((writer) => writeJoinGroupResponse(writer, response, version));
      expect(bytes).toBeGreaterThan(0);
    }
    expect(replies.some(({ answer }) => answer.generationId === 1)).toBe(true);
  },
);

test.each(versionsOf(syncGroupRequestSchema))('syncs of version %i are taken', (version) => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  for (const memberId of [client.memberId, 'unknown']) {
    const reply = new Reply<SyncGroupAnswer>();
    const request = {
      ...defaultSyncGroupRequest(),
      groupId: 'orders',
      generationId: 1,
      memberId,
    };
    world.run(world.shard.syncGroup(request, contextOf(world, version), reply.take));
    const response = { ...defaultSyncGroupResponse(), ...reply.answer };
    expect(written((writer) => writeSyncGroupResponse(writer, response, version))).toBeGreaterThan(
      0,
    );
  }
});

test('heartbeats are taken as decoded', () => {
  const world = new ShardWorld();
  const reply = new Reply<HeartbeatAnswer>();
  const request = { ...defaultHeartbeatRequest(), groupId: 'g' };
  world.run(world.shard.heartbeat(request, contextOf(world, 4), reply.take));
  expect(reply.isAnswered).toBe(true);
});

test.each(versionsOf(leaveGroupRequestSchema))('leaves of version %i are taken', (version) => {
  const world = new ShardWorld({ initialRebalanceDelayMs: 0 });
  const client = new TestClient(world, 'app');
  client.accept(client.enter());
  const { memberId } = client;
  const request =
    version < 3
      ? { ...defaultLeaveGroupRequest(), groupId: 'orders', memberId }
      : {
          ...defaultLeaveGroupRequest(),
          groupId: 'orders',
          members: [{ memberId, groupInstanceId: null, reason: 'bye' }],
        };
  const reply = new Reply<LeaveGroupAnswer>();
  world.run(world.shard.leaveGroup(request, contextOf(world, version), reply.take));
  expect(client.state()).toBe('Empty');
  const response = { ...defaultLeaveGroupResponse(), ...reply.answer };
  expect(written((writer) => writeLeaveGroupResponse(writer, response, version))).toBeGreaterThan(
    0,
  );
});

test.each(versionsOf(offsetCommitRequestSchema))('commits of version %i are taken', (version) => {
  const world = new ShardWorld();
  const topicId = 'AAAAAAAAAAAAAAAAAAAAAQ';
  const partition = {
    partitionIndex: 0,
    committedOffset: 12,
    committedLeaderEpoch: -1,
    committedMetadata: null,
  };
  const request = {
    ...defaultOffsetCommitRequest(),
    groupId: 'manual',
    topics: [{ name: 'clicks', topicId, partitions: [partition] }],
  };
  const reply = new Reply<OffsetCommitAnswer>();
  world.run(world.shard.offsetCommit(request, contextOf(world, version), reply.take));
  const response = { ...defaultOffsetCommitResponse(), ...reply.answer };
  expect(written((writer) => writeOffsetCommitResponse(writer, response, version))).toBeGreaterThan(
    0,
  );
  expect(new TestClient(world, 'tool', 'manual').fetch()).toBe(12);
});

test.each([1, 7, 8, 9, 10])('fetched offsets can be written in version %i', (version) => {
  const world = new ShardWorld();
  new TestClient(world, 'tool', 'manual').commit(5);
  const answer = world.shard.offsetFetch({ groupId: 'manual', topics: null });
  const response = {
    ...defaultOffsetFetchResponse(),
    ...(version < 8 ? { topics: answer.topics } : { groups: [answer] }),
  };
  expect(written((writer) => writeOffsetFetchResponse(writer, response, version))).toBeGreaterThan(
    20,
  );
});

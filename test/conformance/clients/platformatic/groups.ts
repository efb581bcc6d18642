import { Consumer, stringDeserializers, type MessagesStream } from '@platformatic/kafka';
import type { Connection, GroupStart } from '../../matrix/operations.ts';
import { NOTHING, type Handlers } from '../driver-loop.ts';
import { base, withAdmin, type TextConsumer } from './client.ts';

interface Member {
  readonly consumer: TextConsumer;
  readonly stream: MessagesStream<string, string, string, string>;
  readonly values: string[];
  readonly revoked: string[];
  held: string[];
  error?: string;
}

const members = new Map<string, Member>();

/** Heartbeats often enough that a rebalance is noticed within a scenario. */
const HEARTBEAT_MS = 300;
/** A member lives through a restart of the broker. */
const MEMBER_RETRIES = 40;

function newMember(on: Connection, ask: GroupStart): TextConsumer {
  const kind =
    ask.protocol === 'consumer'
      ? { groupProtocol: 'consumer' as const }
      : {
          sessionTimeout: ask.sessionTimeoutMs,
          rebalanceTimeout: Math.max(10_000, ask.sessionTimeoutMs),
          heartbeatInterval: HEARTBEAT_MS,
          ...(ask.assignor === 'cooperative-sticky' && {
            protocols: [{ name: ask.assignor, version: 2 }],
          }),
        };
  return new Consumer({
    ...base(on),
    retries: MEMBER_RETRIES,
    groupId: ask.group,
    deserializers: stringDeserializers,
    maxWaitTime: 100,
    ...kind,
    ...(ask.instanceId !== undefined && { groupInstanceId: ask.instanceId }),
  });
}

const heldBy = (consumer: TextConsumer): string[] =>
  (consumer.assignments ?? [])
    .flatMap(({ topic, partitions }) => partitions.map((partition) => `${topic}-${partition}`))
    .toSorted();

export const groupHandlers: Handlers = {
  'member-start': async (ask, on) => {
    const consumer = newMember(on, ask);
    const stream = await consumer.consume({
      topics: [...ask.topics],
      mode: 'committed',
      fallbackMode: 'earliest',
      autocommit: 200,
    });
    const member: Member = { consumer, stream, values: [], revoked: [], held: heldBy(consumer) };
    members.set(ask.member, member);
    consumer.on('consumer:group:join', () => {
      const now = heldBy(consumer);
      member.revoked.push(...member.held.filter((each) => !now.includes(each)));
      member.held = now;
    });
    stream.on('data', (message) => member.values.push(message.value));
    stream.on('error', (error) => {
      member.error = String(error);
    });
    return NOTHING;
  },
  'member-state': (ask) => {
    const member = members.get(ask.member);
    if (member === undefined) throw new Error('no such member');
    const { values, revoked, error } = member;
    const assigned = heldBy(member.consumer);
    return Promise.resolve({ assigned, values, revoked, ...(error !== undefined && { error }) });
  },
  'member-stop': async (ask) => {
    const member = members.get(ask.member);
    await member?.stream.close();
    await member?.consumer.close(true);
    return NOTHING;
  },
  commit: (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitionOffsets = Object.entries(ask.offsets).map(([partition, offset]) => ({
        partition: Number(partition),
        offset: BigInt(offset),
      }));
      const topics = [{ name: ask.topic, partitionOffsets }];
      await admin.alterConsumerGroupOffsets({ groupId: ask.group, topics });
      return NOTHING;
    }),
  committed: (ask, on) =>
    withAdmin(on, async (admin) => {
      const [found] = await admin.listConsumerGroupOffsets({ groups: [ask.group] });
      const topic = found?.topics.find(({ name }) => name === ask.topic);
      const known = (topic?.partitions ?? []).filter(
        ({ committedOffset }) => committedOffset >= 0n,
      );
      return {
        offsets: Object.fromEntries(
          known.map((each) => [each.partitionIndex, Number(each.committedOffset)]),
        ),
      };
    }),
  'offsets-at': (ask, on) =>
    withAdmin(on, async (admin) => {
      const partitions = [{ partitionIndex: 0, timestamp: BigInt(ask.timestamp) }];
      const [found] = await admin.listOffsets({ topics: [{ name: ask.topic, partitions }] });
      return {
        offsets: Object.fromEntries(
          (found?.partitions ?? []).map((each) => [each.partitionIndex, Number(each.offset)]),
        ),
      };
    }),
  groups: (_, on) =>
    withAdmin(on, async (admin) => ({ groups: [...(await admin.listGroups()).keys()] })),
  'describe-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      const group = (await admin.describeGroups({ groups: [ask.group] })).get(ask.group);
      return { state: group?.state ?? '', members: group?.members.size ?? 0 };
    }),
  'delete-group': (ask, on) =>
    withAdmin(on, async (admin) => {
      await admin.deleteGroups({ groups: [ask.group] });
      return NOTHING;
    }),
};

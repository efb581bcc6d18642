import { KafkaError, Writer } from '@weirhouse/kafka-protocol';
import { writeConsumerProtocolAssignment } from '@weirhouse/kafka-protocol/messages/consumer-protocol-assignment';

import { partitionsOf } from '../assignors/assignment.ts';
import { readSubscription } from '../classic/subscription.ts';
import type { HeartbeatAnswer, JoinGroupAnswer, SyncGroupAnswer } from '../messages.ts';
import { readMemberAssignment } from '../migration/consumer-assignment.ts';
import type { ShardWorld } from './shard-world.ts';
import { subscription, TestClient, type Reply } from './test-client.ts';

/**
 * A consumer of the classic protocol that follows it by itself, one request a step. It gives up what it
 * owns before it joins again ("eager"), and assigns when it leads.
 */
export class SimClassic extends TestClient {
  /** Topic id and partition, such as `A.../3`, that it works on. */
  readonly owns = new Set<string>();
  unanswered = 0;
  #phase: 'outside' | 'joined' | 'member' = 'outside';
  #join: Reply<JoinGroupAnswer> | undefined;
  #sync: Reply<SyncGroupAnswer> | undefined;
  #beat: Reply<HeartbeatAnswer> | undefined;
  #led: JoinGroupAnswer | undefined;
  readonly #topics: readonly string[];

  constructor(
    world: ShardWorld,
    traits: { readonly clientId: string; readonly instanceId?: string; topics?: readonly string[] },
    groupId: string,
  ) {
    super(world, traits.clientId, groupId);
    this.instanceId = traits.instanceId ?? null;
    this.#topics = traits.topics ?? ['clicks'];
  }

  /** Takes in answers that have come, then sends what follows from them. */
  step(): void {
    this.#take();
    if (this.#join !== undefined || this.#sync !== undefined || this.#beat !== undefined) return;
    if (this.#phase === 'outside') this.#sendJoin();
    else if (this.#phase === 'joined') this.#sendSync();
    else this.#beat = this.#watch(this.sendBeat());
    this.#take();
  }

  sendLeave(): void {
    if (this.memberId !== '') this.leave();
    this.die();
  }

  /** The process is gone; the next one has the same name and owns nothing. */
  die(): void {
    this.#join = this.#sync = this.#beat = this.#led = undefined;
    this.#goOutside();
    this.memberId = '';
    this.generation = -1;
  }

  #sendJoin(): void {
    const protocols = [{ name: 'range', metadata: subscription(this.#topics) }];
    this.#join = this.#watch(this.join({ protocols, rebalanceTimeoutMs: 15_000 }));
  }

  #sendSync(): void {
    this.#sync = this.#watch(this.sync({}, { assignments: this.#assign() }));
  }

  #watch<Answer>(reply: Reply<Answer>): Reply<Answer> {
    this.unanswered += 1;
    reply.whenAnswered(() => (this.unanswered -= 1));
    return reply;
  }

  #take(): void {
    const join = this.#join;
    if (join?.isAnswered === true) {
      this.#join = undefined;
      const { errorCode, leader, memberId } = this.accept(join);
      this.#led = leader === memberId ? join.answer : undefined;
      this.#follow(errorCode, 'joined');
    }
    const beat = this.#beat;
    if (beat?.isAnswered === true) {
      this.#beat = undefined;
      this.#follow(beat.answer.errorCode, 'member');
    }
    const sync = this.#sync;
    if (sync?.isAnswered === true) {
      this.#sync = undefined;
      this.#follow(sync.answer.errorCode, 'member');
      if (sync.answer.errorCode === KafkaError.NONE) this.#own(sync.answer.assignment);
    }
  }

  #own(assignment: Buffer): void {
    const held = readMemberAssignment(this.world.topics, assignment) ?? new Map();
    for (const { partition, topicId } of partitionsOf(held))
      this.owns.add(`${topicId}/${partition}`);
  }

  #follow(errorCode: number, ahead: 'joined' | 'member'): void {
    if (errorCode === KafkaError.NONE) this.#phase = ahead;
    else this.#goOutside();
    const isForgotten =
      errorCode === KafkaError.UNKNOWN_MEMBER_ID || errorCode === KafkaError.FENCED_INSTANCE_ID;
    if (isForgotten) this.memberId = '';
  }

  #goOutside(): void {
    this.#phase = 'outside';
    this.owns.clear();
  }

  /** Deals out the partitions of each topic in turn to those that want it. */
  #assign(): { readonly memberId: string; readonly assignment: Buffer }[] {
    const given = new Map<string, { topic: string; partitions: number[] }[]>();
    const members = this.#led?.members ?? [];
    for (const { memberId } of members) given.set(memberId, []);
    for (const topic of this.world.topics.names()) {
      const wanting = members.filter(
        ({ metadata }) => readSubscription(metadata)?.topics.includes(topic) ?? false,
      );
      const count = this.world.topics.find(topic)?.partitionCount ?? 0;
      for (const [index, { memberId }] of wanting.entries()) {
        const all = Array.from({ length: count }, (_, partition) => partition);
        const partitions = all.filter((partition) => partition % wanting.length === index);
        given.get(memberId)?.push({ topic, partitions });
      }
    }
    return Array.from(given, ([memberId, assignedPartitions]) => {
      const writer = new Writer();
      writer.writeInt16(1);
      writeConsumerProtocolAssignment(writer, { assignedPartitions, userData: null }, 1);
      return { memberId, assignment: Buffer.concat(writer.finish()) };
    });
  }
}

import { KafkaError } from '@weirhouse/kafka-protocol';

import type { ConsumerHeartbeatAnswer, ConsumerHeartbeatInput } from '../messages.ts';
import type { ShardWorld } from './shard-world.ts';
import type { Reply } from './test-client.ts';
import { TestConsumer } from './test-consumer.ts';

/** What a member of a simulation is like. */
export interface SimConsumerTraits {
  readonly memberId: string;
  readonly instanceId?: string;
  readonly topicNames?: readonly string[];
  readonly pattern?: string;
}

/**
 * A member that follows the protocol by itself, one heartbeat a step. It owns what it was told until it
 * was told otherwise and has let go, which it does in its own time.
 */
export class SimConsumer extends TestConsumer {
  /** Topic id and partition, such as `A.../3`, that it works on. */
  readonly owns = new Set<string>();
  #reply: Reply<ConsumerHeartbeatAnswer> | undefined;
  #hasChanged = false;
  #isFull = false;
  readonly #pattern: string | undefined;
  unanswered = 0;

  constructor(world: ShardWorld, traits: SimConsumerTraits, groupId: string) {
    super(world, traits.memberId, groupId);
    this.instanceId = traits.instanceId ?? null;
    this.topicNames = traits.topicNames ?? ['clicks'];
    this.#pattern = traits.pattern;
  }

  get isMember(): boolean {
    return this.epoch > 0;
  }

  /** Takes in the answer if there is one, then sends the next heartbeat; `lets` go of what it must. */
  step(letsGo: boolean): void {
    this.#take();
    if (this.#reply !== undefined) return;
    if (!this.isMember) return this.#send(this.#joining());
    if (letsGo) this.#letGo();
    this.#send(this.#hasChanged || this.#isFull ? this.#owned() : {});
    return undefined;
  }

  /** The answer to what it has sent was lost: it says everything again. */
  timeOut(): void {
    this.#reply = undefined;
    this.#isFull = true;
  }

  subscribe(topicNames: readonly string[]): void {
    this.topicNames = topicNames;
    this.#isFull = true;
  }

  sendLeave(memberEpoch: number): void {
    if (this.isMember) this.#watch(this.send({ memberEpoch }));
    this.die();
  }

  /** The process is gone; the next one has the same name and owns nothing. */
  die(): void {
    this.#reply = undefined;
    this.#isFull = false;
    this.#forget();
  }

  #joining(): Partial<ConsumerHeartbeatInput> {
    return { memberEpoch: 0, topicPartitions: [], ...this.#subscription() };
  }

  #subscription(): Partial<ConsumerHeartbeatInput> {
    const pattern = this.#pattern;
    return {
      rebalanceTimeoutMs: 20_000,
      subscribedTopicNames: pattern === undefined ? this.topicNames : null,
      subscribedTopicRegex: pattern ?? null,
    };
  }

  #owned(): Partial<ConsumerHeartbeatInput> {
    const lists = new Map<string, number[]>();
    for (const place of this.owns) {
      const [topicId = '', partition = ''] = place.split('/');
      lists.set(topicId, [...(lists.get(topicId) ?? []), Number(partition)]);
    }
    const topicPartitions = Array.from(lists, ([topicId, partitions]) => ({ topicId, partitions }));
    return { topicPartitions, ...(this.#isFull ? this.#subscription() : {}) };
  }

  #send(changes: Partial<ConsumerHeartbeatInput>): void {
    this.#hasChanged = false;
    this.#isFull = false;
    this.#reply = this.send(changes);
    this.#watch(this.#reply);
    this.#take();
  }

  #watch(reply: Reply<ConsumerHeartbeatAnswer>): void {
    this.unanswered += 1;
    reply.whenAnswered(() => (this.unanswered -= 1));
  }

  #take(): void {
    const reply = this.#reply;
    if (reply?.isAnswered !== true) return;
    this.#reply = undefined;
    switch (reply.answer.errorCode) {
      case KafkaError.NONE:
        this.accept(reply);
        if (reply.answer.assignment !== null) this.#gain();
        return;
      case KafkaError.COORDINATOR_NOT_AVAILABLE:
      case KafkaError.NOT_COORDINATOR:
        this.#isFull = this.isMember;
        return;
      default:
        this.#forget();
    }
  }

  #forget(): void {
    this.epoch = 0;
    this.owns.clear();
    this.assigned.clear();
  }

  #places(): ReadonlySet<string> {
    const places = new Set<string>();
    for (const [topicId, partitions] of this.assigned)
      for (const partition of partitions) places.add(`${topicId}/${partition}`);
    return places;
  }

  #gain(): void {
    this.#hasChanged = true;
    for (const place of this.#places()) this.owns.add(place);
  }

  #letGo(): void {
    const places = this.#places();
    for (const place of this.owns) {
      if (places.has(place)) continue;
      this.owns.delete(place);
      this.#hasChanged = true;
    }
  }
}

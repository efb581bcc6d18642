import { KafkaError } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

import { Reply } from '../../testing/test-client.ts';
import type { TopicPartitions } from '../partition-set.ts';
import type {
  AddOffsetsAnswer,
  AddPartitionsAnswer,
  ProducerIdAnswer,
} from '../transaction-messages.ts';
import type { TransactionWorld } from './transaction-world.ts';

/** What a producer is started with: whose id, and whether it follows KIP-890. */
export interface ProducerNames {
  readonly transactionalId: string;
  readonly isBumping: boolean;
}

/** One process that produces under a transactional id, as far as its coordinator sees it. */
export class TestProducer {
  readonly world: TransactionWorld;
  readonly transactionalId: string;
  readonly isBumping: boolean;
  producerId = -1;
  producerEpoch = -1;
  timeoutMs = 60_000;

  constructor(world: TransactionWorld, names: Partial<ProducerNames> = {}) {
    this.world = world;
    this.transactionalId = names.transactionalId ?? 'payments';
    this.isBumping = names.isBumping ?? true;
  }

  /** A process with what this one holds. */
  twin(): TestProducer {
    const twin = new TestProducer(this.world, this);
    twin.hold(this);
    return twin;
  }

  hold({ producerEpoch, producerId }: { producerId: number; producerEpoch: number }): void {
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
  }

  /** InitProducerId of a process that just started. */
  init(apiVersion = 5): Reply<ProducerIdAnswer> {
    return this.#init(apiVersion, { producerId: -1, producerEpoch: -1 });
  }

  /** InitProducerId of a process that goes on after an error (KIP-360). */
  reinit(apiVersion = 5): Reply<ProducerIdAnswer> {
    return this.#init(apiVersion, this);
  }

  /** A producer that is ready to begin. */
  ready(): this {
    const { answer } = this.init();
    assert(answer.errorCode === KafkaError.NONE, `init answered ${answer.errorCode}`);
    return this;
  }

  add(
    topics: readonly TopicPartitions[] = [{ name: 'orders', partitions: [0] }],
    apiVersion = this.isBumping ? 5 : 3,
  ): Reply<AddPartitionsAnswer> {
    return this.#add(topics, apiVersion, false);
  }

  verify(
    topics: readonly TopicPartitions[] = [{ name: 'orders', partitions: [0] }],
    apiVersion = 5,
  ): Reply<AddPartitionsAnswer> {
    return this.#add(topics, apiVersion, true);
  }

  addOffsets(apiVersion = 3): Reply<AddOffsetsAnswer> {
    const reply = new Reply<AddOffsetsAnswer>();
    const { world } = this;
    const request = {
      transactionalId: this.transactionalId,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      offsetsTopic: '__consumer_offsets',
      offsetsPartition: 7,
    };
    world.run(world.shard.addOffsets(request, { nowMs: world.nowMs, apiVersion }, reply.take));
    return reply;
  }

  /** EndTxn; with version 5 the producer goes on in what the answer says. */
  end(committed: boolean, apiVersion = this.isBumping ? 5 : 3): Reply<ProducerIdAnswer> {
    const reply = this.endAs(this, committed, apiVersion);
    reply.whenAnswered((answer) => {
      if (answer.errorCode === KafkaError.NONE && apiVersion >= 5) this.hold(answer);
    });
    return reply;
  }

  /** EndTxn as somebody who holds `held`. */
  endAs(
    held: { readonly producerId: number; readonly producerEpoch: number },
    committed: boolean,
    apiVersion: number,
  ): Reply<ProducerIdAnswer> {
    const reply = new Reply<ProducerIdAnswer>();
    const { transactionalId, world } = this;
    const { producerEpoch, producerId } = held;
    const request = { transactionalId, producerId, producerEpoch, committed };
    world.run(world.shard.endTxn(request, { nowMs: world.nowMs, apiVersion }, reply.take));
    return reply;
  }

  /** The state of the transactional id. */
  state(): string {
    return this.world.shard.describe(this.transactionalId).transactionState;
  }

  #init(
    apiVersion: number,
    { producerEpoch, producerId }: { producerId: number; producerEpoch: number },
  ): Reply<ProducerIdAnswer> {
    const reply = new Reply<ProducerIdAnswer>();
    const { transactionalId, world } = this;
    const request = {
      transactionalId,
      producerId,
      producerEpoch,
      transactionTimeoutMs: this.timeoutMs,
    };
    reply.whenAnswered((answer) => {
      if (answer.errorCode === KafkaError.NONE) this.hold(answer);
    });
    world.run(world.shard.initProducerId(request, { nowMs: world.nowMs, apiVersion }, reply.take));
    return reply;
  }

  #add(
    topics: readonly TopicPartitions[],
    apiVersion: number,
    verifyOnly: boolean,
  ): Reply<AddPartitionsAnswer> {
    const reply = new Reply<AddPartitionsAnswer>();
    const { producerEpoch, producerId, transactionalId, world } = this;
    const request = { transactionalId, producerId, producerEpoch, verifyOnly, topics };
    world.run(world.shard.addPartitions(request, { nowMs: world.nowMs, apiVersion }, reply.take));
    return reply;
  }
}

/** The error codes of an AddPartitionsToTxn answer, in order. */
export function partitionErrors({ answer }: Reply<AddPartitionsAnswer>): readonly number[] {
  return answer.topicResults.flatMap(({ resultsByPartition }) =>
    resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
  );
}

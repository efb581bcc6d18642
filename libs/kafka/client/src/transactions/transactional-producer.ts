import { setTimeout as delay } from 'node:timers/promises';
import { addSequence, KafkaError } from '@weirhouse/kafka-protocol';
import {
  defaultAddPartitionsToTxnRequest,
  defaultAddPartitionsToTxnTopic,
} from '@weirhouse/kafka-protocol/messages/add-partitions-to-txn-request';
import { defaultEndTxnRequest } from '@weirhouse/kafka-protocol/messages/end-txn-request';
import { defaultInitProducerIdRequest } from '@weirhouse/kafka-protocol/messages/init-producer-id-request';
import { AppError } from '@weirhouse/shared-kernel';
import { fetchMetadata } from '../admin/cluster.ts';
import { findCoordinator, type Coordinator } from '../admin/groups.ts';
import { produceBatch, type ProduceBatch, type ProducedBatch } from '../admin/produce.ts';
import type { Send } from '../api.ts';
import { ConnectionPool, type BrokerAddress, type ClientOptions } from '../connection-pool.ts';
import { isKafkaError, kafkaError, requireSuccess } from '../errors.ts';
import { REQUEST_TIMEOUT_MS } from '../limits.ts';
import { transactionApis } from './transaction-apis.ts';

/** How long to wait while the coordinator ends an earlier transaction. */
const ENDING_WAIT_MS = 20;

/** As whom transactions are written. */
export interface TransactionalOptions extends ClientOptions {
  /** Whoever begins under the same id later shuts this producer out. */
  readonly transactionalId: string;
  /** How long the coordinator lets a transaction stand open before it aborts it. */
  readonly transactionTimeoutMs: number;
}

interface Identity {
  readonly coordinator: Coordinator;
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * Writes batches, each in a transaction of its own: all of it is there for readers of committed
 * records, or nothing. One call at a time.
 *
 * | state  | meaning                             | next                                          |
 * |--------|-------------------------------------|-----------------------------------------------|
 * | unborn | nothing can be written              | ready (begin)                                 |
 * | ready  | earlier producers are shut out      | ready (written), unborn (any failure: nobody knows how the transaction ended) |
 */
export class TransactionalProducer {
  readonly #pool: ConnectionPool;
  readonly #options: TransactionalOptions;
  readonly #timeoutMs: number;
  #identity: Identity | undefined;
  /** Of the next record, by partition. */
  readonly #sequences = new Map<string, number>();
  readonly #leaders = new Map<string, BrokerAddress>();

  constructor(options: TransactionalOptions) {
    this.#pool = new ConnectionPool(options);
    this.#options = options;
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  /**
   * Shuts out every earlier producer of this id. When it resolves, what those had begun is committed
   * or aborted, and nothing of theirs can be written any more.
   */
  async begin(): Promise<void> {
    const { transactionTimeoutMs, transactionalId } = this.#options;
    this.#identity = undefined;
    this.#sequences.clear();
    this.#leaders.clear();
    const coordinator = await findCoordinator(this.#sendAny, transactionalId, 'transaction');
    const { producerEpoch, producerId } = await this.#whenEnded(async () => {
      const answer = await this.#sendTo(coordinator)(transactionApis.initProducerId, {
        ...defaultInitProducerIdRequest(),
        transactionalId,
        transactionTimeoutMs,
      });
      requireSuccess(answer.errorCode);
      return answer;
    });
    this.#identity = { coordinator, producerEpoch, producerId };
  }

  /** Writes a batch and commits it. After a failure nobody knows whether it was; `begin` settles that. */
  async write(batch: ProduceBatch): Promise<ProducedBatch> {
    const identity = this.#identity;
    if (identity === undefined)
      throw new AppError('failed_precondition', 'the producer has not begun');
    this.#identity = undefined;
    const place = `${batch.topic}/${batch.partition}`;
    const baseSequence = this.#sequences.get(place) ?? 0;
    await this.#whenEnded(() => this.#addPartition(identity, batch));
    const leader = await this.#leaderOf(batch);
    const { transactionalId } = this.#options;
    const { producerEpoch, producerId } = identity;
    const produced = await produceBatch(this.#sendTo(leader), batch, {
      timeoutMs: this.#timeoutMs,
      producer: { transactionalId, producerId, producerEpoch, baseSequence },
    });
    await this.#commit(identity);
    this.#sequences.set(place, addSequence(baseSequence, batch.records.length));
    this.#identity = identity;
    return produced;
  }

  /** Closes every connection. */
  close(): void {
    this.#identity = undefined;
    this.#pool.close();
  }

  async #addPartition(identity: Identity, { partition, topic }: ProduceBatch): Promise<void> {
    const { coordinator, producerEpoch, producerId } = identity;
    const answer = await this.#sendTo(coordinator)(transactionApis.addPartitions, {
      ...defaultAddPartitionsToTxnRequest(),
      v3AndBelowTransactionalId: this.#options.transactionalId,
      v3AndBelowProducerId: producerId,
      v3AndBelowProducerEpoch: producerEpoch,
      v3AndBelowTopics: [
        Object.assign(defaultAddPartitionsToTxnTopic(), { name: topic, partitions: [partition] }),
      ],
    });
    const result = answer.resultsByTopicV3AndBelow[0]?.resultsByPartition[0];
    if (!result) throw new AppError('corrupt', 'the broker did not answer for the partition');
    requireSuccess(result.partitionErrorCode);
  }

  async #commit({ coordinator, producerEpoch, producerId }: Identity): Promise<void> {
    const { errorCode } = await this.#sendTo(coordinator)(transactionApis.endTransaction, {
      ...defaultEndTxnRequest(),
      transactionalId: this.#options.transactionalId,
      producerId,
      producerEpoch,
      committed: true,
    });
    requireSuccess(errorCode);
  }

  async #leaderOf({ partition, topic }: ProduceBatch): Promise<BrokerAddress> {
    const place = `${topic}/${partition}`;
    const known = this.#leaders.get(place);
    if (known) return known;
    const { brokers, topics } = await fetchMetadata(this.#sendAny, [topic]);
    const info = topics[0]?.partitions.find(({ index }) => index === partition);
    const leader = brokers.find(({ nodeId }) => nodeId === info?.leaderId);
    if (!leader) throw topics[0]?.error ?? kafkaError(KafkaError.LEADER_NOT_AVAILABLE);
    this.#leaders.set(place, leader);
    return leader;
  }

  /** Asks again while the coordinator is still writing the end of an earlier transaction. */
  async #whenEnded<T>(ask: () => Promise<T>): Promise<T> {
    const untilMs = performance.now() + this.#timeoutMs;
    for (;;) {
      try {
        return await ask();
      } catch (error) {
        if (!isKafkaError(error, 'CONCURRENT_TRANSACTIONS')) throw error;
        if (performance.now() > untilMs) throw error;
        await delay(ENDING_WAIT_MS);
      }
    }
  }

  readonly #sendAny: Send = async (api, request) => (await this.#pool.any()).send(api, request);

  #sendTo(broker: BrokerAddress): Send {
    return async (api, request) => (await this.#pool.get(broker)).send(api, request);
  }
}

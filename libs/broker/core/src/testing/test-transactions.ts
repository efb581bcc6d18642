import { buildBatch } from '@weirhouse/kafka-protocol';
import type { EndTxnResponse } from '@weirhouse/kafka-protocol/messages/end-txn-response';
import { assert } from '@weirhouse/shared-kernel';

import { apiCalls } from './api-calls.ts';
import { fetchRequest, produceRequest, record } from './requests.ts';
import type { Exchange, TestClient } from './test-client.ts';
import type { TestTube } from './test-tube.ts';
import { transactionCalls } from './transaction-calls.ts';

/** How a client speaks: before KIP-890, with its errors only, or with an epoch per transaction. */
export type Speech = 'plain' | 'abortable' | 'bumping';

/** What a test wants to be different in TxnOffsetCommit. */
interface OffsetChanges {
  readonly generationId?: number;
  readonly memberId?: string;
  readonly partitionIndex?: number;
}

const VERSIONS = {
  plain: { produce: 9, endTxn: 3, offsetCommit: 3 },
  abortable: { produce: 11, endTxn: 4, offsetCommit: 4 },
  bumping: { produce: 12, endTxn: 5, offsetCommit: 5 },
} as const;

/** A transactional producer as clients write one, on one connection. */
export class TransactionalClient {
  client: TestClient;
  readonly transactionalId: string;
  readonly speech: Speech;
  producerId = -1;
  producerEpoch = -1;
  readonly #tube: TestTube;
  readonly #sequences = new Map<string, number>();

  constructor(
    tube: TestTube,
    options: { readonly transactionalId?: string; readonly speech?: Speech } = {},
  ) {
    this.#tube = tube;
    this.client = tube.connect();
    this.transactionalId = options.transactionalId ?? 'tx';
    this.speech = options.speech ?? 'bumping';
    this.client.call(apiCalls.findCoordinator, 2, { key: this.transactionalId, keyType: 1 });
  }

  get isBumping(): boolean {
    return this.speech === 'bumping';
  }

  /** InitProducerId; takes the identity it gives. */
  init(transactionTimeoutMs = 60_000): this {
    const { errorCode, producerEpoch, producerId } = this.client.call(apiCalls.initProducerId, 4, {
      transactionalId: this.transactionalId,
      transactionTimeoutMs,
    });
    assert(errorCode === 0, `InitProducerId is answered ${errorCode}`);
    this.#take(producerId, producerEpoch);
    return this;
  }

  /** AddPartitionsToTxn as clients send it; the error code of the partition. */
  add(topic = 't', index = 0): number {
    const response = this.client.call(transactionCalls.addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: this.transactionalId,
      v3AndBelowProducerId: this.producerId,
      v3AndBelowProducerEpoch: this.producerEpoch,
      v3AndBelowTopics: [{ name: topic, partitions: [index] }],
    });
    return (
      response.resultsByTopicV3AndBelow[0]?.resultsByPartition[0]?.partitionErrorCode ?? Number.NaN
    );
  }

  /** A batch with the next sequence of its partition. */
  batch(text: string, place = 't/0'): Buffer {
    const baseSequence = this.#sequences.get(place) ?? 0;
    const { producerEpoch, producerId } = this;
    return buildBatch({
      records: [record(text)],
      producerId,
      producerEpoch,
      baseSequence,
      isTransactional: true,
    });
  }

  /** Produces one record and gives the error code; without KIP-890 the partition is added before. */
  send(text: string, topic = 't', index = 0): number {
    if (!this.isBumping) {
      const errorCode = this.add(topic, index);
      if (errorCode !== 0) return errorCode;
    }
    const errorCode = this.produce(text, topic, index);
    const place = `${topic}/${index}`;
    if (errorCode === 0) this.#sequences.set(place, (this.#sequences.get(place) ?? 0) + 1);
    return errorCode;
  }

  /** Produce alone. */
  produce(text: string, topic = 't', index = 0): number {
    const request = produceRequest(topic, {
      index,
      transactionalId: this.transactionalId,
      records: this.batch(text, `${topic}/${index}`),
    });
    const response = this.client.call(apiCalls.produce, VERSIONS[this.speech].produce, request);
    return response.responses[0]?.partitionResponses[0]?.errorCode ?? Number.NaN;
  }

  /** TxnOffsetCommit, with the group's partition added before unless KIP-890 does it. */
  commitOffset(offset: number, changes: OffsetChanges = {}): number {
    const { producerEpoch, producerId, transactionalId } = this;
    const producer = { transactionalId, producerId, producerEpoch };
    if (!this.isBumping) {
      const added = this.client.call(transactionCalls.addOffsetsToTxn, 3, {
        ...producer,
        groupId: 'group',
      });
      if (added.errorCode !== 0) return added.errorCode;
    }
    return this.commitOffsetOnly(offset, changes);
  }

  /** TxnOffsetCommit alone. */
  commitOffsetOnly(offset: number, changes: OffsetChanges = {}): number {
    const { producerEpoch, producerId, transactionalId } = this;
    const { partitionIndex = 0, ...member } = changes;
    const partition = {
      partitionIndex,
      committedOffset: offset,
      committedLeaderEpoch: -1,
      committedMetadata: 'note',
    };
    const version = VERSIONS[this.speech].offsetCommit;
    const response = this.client.call(transactionCalls.txnOffsetCommit, version, {
      transactionalId,
      producerId,
      producerEpoch,
      groupId: 'group',
      generationId: -1,
      memberId: '',
      groupInstanceId: null,
      topics: [{ name: 't', partitions: [partition] }],
      ...member,
    });
    return response.topics[0]?.partitions[0]?.errorCode ?? Number.NaN;
  }

  /** EndTxn; takes the next identity when there is one. */
  end(committed: boolean): number {
    const response = this.client.call(transactionCalls.endTxn, VERSIONS[this.speech].endTxn, {
      transactionalId: this.transactionalId,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      committed,
    });
    if (response.errorCode === 0 && this.isBumping)
      this.#take(response.producerId, response.producerEpoch);
    return response.errorCode;
  }

  /** EndTxn without waiting for its answer. */
  sendEnd(committed: boolean): Exchange<EndTxnResponse> {
    return this.client.send(transactionCalls.endTxn, VERSIONS[this.speech].endTxn, {
      transactionalId: this.transactionalId,
      producerId: this.producerId,
      producerEpoch: this.producerEpoch,
      committed,
    });
  }

  /** A new connection, such as to a broker that was started again. */
  reconnect(): void {
    this.client = this.#tube.connect();
  }

  /** The state that DescribeTransactions tells. */
  state(): string {
    const { transactionStates } = this.#tube
      .connect()
      .call(transactionCalls.describeTransactions, 0, { transactionalIds: [this.transactionalId] });
    return transactionStates[0]?.transactionState ?? '';
  }

  #take(producerId: number, producerEpoch: number): void {
    const isNew = producerId !== this.producerId || producerEpoch !== this.producerEpoch;
    this.producerId = producerId;
    this.producerEpoch = producerEpoch;
    if (isNew) this.#sequences.clear();
  }
}

/** The number of batches up to what read_committed sees, markers among them. */
export function stableOffset(tube: TestTube, topic = 't'): number | undefined {
  const request = fetchRequest(topic, { isolationLevel: 1 });
  const response = tube.connect().call(apiCalls.fetch, 11, request);
  return response.responses[0]?.partitions[0]?.lastStableOffset;
}

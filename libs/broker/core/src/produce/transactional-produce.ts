import type { VerificationGuard } from '@weirhouse/broker-log';
import { AclOperation, type TopicImage } from '@weirhouse/broker-metadata';
import {
  BatchAttribute,
  BatchField,
  BatchView,
  KafkaError,
  kafkaErrorName,
  RECORD_BATCH_HEADER_BYTES,
} from '@weirhouse/kafka-protocol';
import type {
  ProduceRequest,
  ProduceRequestPartitionProduceData,
} from '@weirhouse/kafka-protocol/messages/produce-request';

import type { RequestContext } from '../handler.ts';
import type { Partition } from '../partitions.ts';
import {
  verifyTransaction,
  type TransactionPlace,
  type TransactionSupport,
  type TransactionVerdict,
} from '../transactions/verification.ts';

const ABORTABLE_SINCE = 11;
const ADDS_PARTITION_SINCE = 12;

/** What is known of one partition's transactional batch before its append. */
export interface ProduceVerdict {
  /** 0, or why the batch may not be appended. */
  readonly errorCode: number;
  readonly message: string | null;
  readonly verification: VerificationGuard | undefined;
}

/** Verdicts by the data they are on; data without one needs none. */
export type ProduceVerdicts = ReadonlyMap<ProduceRequestPartitionProduceData, ProduceVerdict>;

/** One partition that a request writes to. */
export interface ProduceTarget {
  readonly topic: TopicImage;
  readonly data: ProduceRequestPartitionProduceData;
  readonly partition: Partition;
}

const view = new BatchView();

/** Why transactional records may not be written under the request's transactional id, or 0. */
export function refuseTransaction(context: RequestContext, request: ProduceRequest): number {
  const producers = new Set<number>();
  for (const { partitionData } of request.topicData) {
    for (const { records } of partitionData) {
      const batch = transactionalBatch(records as Buffer | null);
      if (batch !== undefined) producers.add(batch.producerId);
    }
  }
  if (producers.size === 0) return KafkaError.NONE;
  const { transactionalId } = request;
  const { caller, services } = context;
  const isAllowed =
    transactionalId !== null &&
    services.access.transactionalId(caller, AclOperation.WRITE, transactionalId);
  if (!isAllowed) return KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED;
  return producers.size > 1 ? KafkaError.INVALID_PRODUCER_ID_MAPPING : KafkaError.NONE;
}

/** True when a transactional batch finds no transaction of its producer open on its partition. */
export function beginsTransaction({ data, partition }: ProduceTarget): boolean {
  const batch = transactionalBatch(data.records as Buffer | null);
  return (
    batch !== undefined && !partition.log.hasOpenTransaction(batch.producerId, batch.producerEpoch)
  );
}

/** The request with records of its own: those of a frame are borrowed for the call. */
export function keepRecords(request: ProduceRequest): ProduceRequest {
  return {
    ...request,
    topicData: request.topicData.map((topic) => ({
      ...topic,
      partitionData: topic.partitionData.map(({ index, records }) => ({
        index,
        records: records === null ? null : Buffer.from(records as Buffer),
      })),
    })),
  };
}

/** Asks the coordinator about every partition on which the request would begin its transaction. */
export function verifyProduce(
  context: RequestContext,
  input: { readonly request: ProduceRequest; readonly targets: readonly ProduceTarget[] },
  done: (verdicts: ProduceVerdicts) => void,
): void {
  const { request, targets } = input;
  const { transactionalId } = request;
  const support = supportOf(context.version);
  const unverified: ProduceTarget[] = [];
  const places: TransactionPlace[] = [];
  let producer = { producerId: -1, producerEpoch: -1 };
  for (const target of targets) {
    const batch = transactionalBatch(target.data.records as Buffer | null);
    if (batch === undefined) continue;
    const { baseSequence, producerEpoch, producerId } = batch;
    producer = { producerId, producerEpoch };
    unverified.push(target);
    places.push({ partition: target.partition, baseSequence });
  }
  const question = { transactionalId: transactionalId ?? '', ...producer, support, places };
  verifyTransaction(context.services, question, (verdicts) =>
    done(
      new Map(
        unverified.map(({ data }, position) => [data, verdictOf(verdicts[position], support)]),
      ),
    ),
  );
}

/** The first batch of the records when it is transactional; it is valid until the next call. */
function transactionalBatch(records: Buffer | null): BatchView | undefined {
  if (records === null || records.length < RECORD_BATCH_HEADER_BYTES) return undefined;
  const attributes = records.readInt16BE(BatchField.ATTRIBUTES);
  return (attributes & BatchAttribute.TRANSACTIONAL) === 0 ? undefined : view.reset(records, 0);
}

function supportOf(version: number): TransactionSupport {
  if (version >= ADDS_PARTITION_SINCE) return 'adds-partition';
  return version >= ABORTABLE_SINCE ? 'abortable' : 'plain';
}

/** Coordinator's troubles are the producer's only as a reason to send again, which this code is. */
function verdictOf(
  verdict: TransactionVerdict | undefined,
  support: TransactionSupport,
): ProduceVerdict {
  const { errorCode = 0, guard: verification } = verdict ?? {};
  switch (errorCode) {
    case KafkaError.INVALID_TXN_STATE:
      return {
        errorCode,
        message: 'the partition was not added to the transaction',
        verification: undefined,
      };
    case KafkaError.CONCURRENT_TRANSACTIONS:
      return support === 'adds-partition'
        ? { errorCode, message: null, verification: undefined }
        : unverifiable(errorCode);
    case KafkaError.NETWORK_EXCEPTION:
    case KafkaError.COORDINATOR_LOAD_IN_PROGRESS:
    case KafkaError.COORDINATOR_NOT_AVAILABLE:
    case KafkaError.NOT_COORDINATOR:
      return unverifiable(errorCode);
    default:
      return { errorCode, message: null, verification };
  }
}

function unverifiable(cause: number): ProduceVerdict {
  const message = `the transaction could not be verified: ${kafkaErrorName(cause)}`;
  return { errorCode: KafkaError.NOT_ENOUGH_REPLICAS, message, verification: undefined };
}

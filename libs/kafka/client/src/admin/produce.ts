import { buildBatch, type RecordInput } from '@weirhouse/kafka-protocol';
import {
  defaultProduceRequest,
  defaultProduceRequestPartitionProduceData,
  defaultProduceRequestTopicProduceData,
} from '@weirhouse/kafka-protocol/messages/produce-request';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { requireSuccess } from '../errors.ts';
import { insideApis } from '../inside-apis.ts';

/** Every in-sync replica has it. */
const ACKS_ALL = -1;

/** Records for one partition; they are written together or not at all. */
export interface ProduceBatch {
  readonly topic: string;
  readonly partition: number;
  readonly records: readonly RecordInput[];
}

/** Whose transaction a batch is part of. */
export interface BatchProducer {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Of the first record: records of a producer in a partition are numbered without gaps. */
  readonly baseSequence: number;
}

/** Where a batch was written. */
export interface ProducedBatch {
  /** Of the first record. */
  readonly baseOffset: number;
  /** -1 = the records keep the times they were given. */
  readonly appendTimeMs: number;
}

/** Writes one batch to the leader of its partition. */
export async function produceBatch(
  send: Send,
  { partition, records, topic }: ProduceBatch,
  options: { readonly timeoutMs: number; readonly producer?: BatchProducer },
): Promise<ProducedBatch> {
  const { producer, timeoutMs } = options;
  const partitionData = Object.assign(defaultProduceRequestPartitionProduceData(), {
    index: partition,
    records: buildBatch({
      records,
      ...producer,
      isTransactional: producer !== undefined,
    }),
  });
  const topicData = Object.assign(defaultProduceRequestTopicProduceData(), {
    name: topic,
    partitionData: [partitionData],
  });
  const response = await send(insideApis.produce, {
    ...defaultProduceRequest(),
    transactionalId: producer?.transactionalId ?? null,
    acks: ACKS_ALL,
    timeoutMs,
    topicData: [topicData],
  });
  const result = response.responses[0]?.partitionResponses[0];
  if (!result) throw new AppError('corrupt', 'the broker did not answer for the records');
  requireSuccess(result.errorCode, result.errorMessage);
  return { baseOffset: result.baseOffset, appendTimeMs: result.logAppendTimeMs };
}

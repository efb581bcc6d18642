// Produce: versions 3 to 13, advertised from 0 because librdkafka before 2.11.1 switches codecs off
// otherwise (KAFKA-18659). v7 zstd (KIP-110), v8 record errors (KIP-467), v10 leader hints (KIP-951),
// v13 topic ids (KIP-516). Acknowledged when durable, with acks=1 as well as with acks=all.
import type { VerificationGuard } from '@weirhouse/broker-log';
import { AclOperation, type TopicImage } from '@weirhouse/broker-metadata';
import { BatchAttribute, BatchField, Codec, KafkaError } from '@weirhouse/kafka-protocol';
import {
  produceRequestSchema,
  readProduceRequest,
  type ProduceRequest,
  type ProduceRequestPartitionProduceData,
  type ProduceRequestTopicProduceData,
} from '@weirhouse/kafka-protocol/messages/produce-request';
import {
  defaultProduceResponsePartitionProduceResponse,
  writeProduceResponse,
  type ProduceResponse,
} from '@weirhouse/kafka-protocol/messages/produce-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { endpointOf, type BrokerEndpointAnswer } from '../endpoints.ts';
import { defineHandler, type RequestContext, type Respond } from '../handler.ts';
import { isInternalTopic } from '../internal-topics.ts';
import { PRODUCE_WAIT_MS_MAX } from '../limits.ts';
import type { Partition } from '../partitions.ts';
import type { Deadline } from '../timing-wheel.ts';
import {
  beginsTransaction,
  keepRecords,
  refuseTransaction,
  verifyProduce,
  type ProduceTarget,
  type ProduceVerdicts,
} from '../produce/transactional-produce.ts';
import { failAnswer, PendingProduce, type ProduceAnswer } from '../produce/pending-produce.ts';

/** The first version in which a zstd batch may come (KIP-110). */
const ZSTD_FROM_VERSION = 7;
/** The first version whose answer can say who leads now (KIP-951). */
const LEADER_HINT_FROM_VERSION = 10;
const ACKS_ALL = -1;
const NO_VERDICTS: ProduceVerdicts = new Map();
const UNVERIFIED = { verification: undefined };

interface ProduceWork {
  readonly context: RequestContext;
  readonly request: ProduceRequest;
  readonly pending: PendingProduce;
  readonly endpoints: Map<number, BrokerEndpointAnswer>;
  /** What stands against all partitions, or 0. */
  readonly refusal: number;
  readonly verdicts: ProduceVerdicts;
  hasError: boolean;
}

/** API key 0. */
export const produce = defineHandler<ProduceRequest, ProduceResponse>({
  schema: produceRequestSchema,
  minVersion: 3,
  maxVersion: 13,
  advertisedFrom: 0,
  authenticated: true,
  notes: [
    'Versions 0 to 2 are advertised, as in Kafka, and refused.',
    'A batch is durable before it is acknowledged.',
  ],
  borrowsFrame: true,
  read: readProduceRequest,
  write: writeProduceResponse,
  handle(context, request, respond) {
    const refusal = refuseTransaction(context, request);
    const isVerified = refusal !== 0 || !listTargets(context, request).some(beginsTransaction);
    if (isVerified) return appendAll({ context, request, refusal, verdicts: NO_VERDICTS }, respond);
    // The order of a connection's requests is settled when they are appended, so the next ones wait.
    const release = context.holdLine();
    const kept = keepRecords(request);
    verifyProduce(context, { request: kept, targets: listTargets(context, kept) }, (verdicts) => {
      appendAll({ context, request: kept, refusal, verdicts }, respond);
      release();
    });
  },
});

type ProduceInput = Pick<ProduceWork, 'context' | 'request' | 'refusal' | 'verdicts'>;

function appendAll(input: ProduceInput, respond: Respond<ProduceResponse>): void {
  const { context, request } = input;
  let deadline: Deadline | undefined;
  let response: ProduceResponse | undefined;
  const pending = new PendingProduce(() => {
    context.services.wheel.cancel(deadline);
    respond(response);
  });
  const work: ProduceWork = { ...input, pending, endpoints: new Map(), hasError: false };
  const responses = request.topicData.map((topic) => produceTopic(work, topic));
  if (request.acks === 0) return answerNothing(work, respond);
  response = {
    responses,
    throttleTimeMs: 0,
    nodeEndpoints: Array.from(work.endpoints.values()),
  };
  if (pending.seal()) return respond(response);
  const waitMs = Math.min(Math.max(0, request.timeoutMs), PRODUCE_WAIT_MS_MAX);
  deadline = context.services.wheel.schedule(waitMs, pending);
}

/** acks=0 has no answer; after an error the connection ends so that the client looks for the leader. */
function answerNothing(work: ProduceWork, respond: Respond<ProduceResponse>): void {
  respond(undefined, { closeAfter: work.hasError });
}

/** The partitions of a transactional request that will be written to, if their batches are in order. */
function listTargets(context: RequestContext, request: ProduceRequest): ProduceTarget[] {
  if (request.transactionalId === null) return [];
  const targets: ProduceTarget[] = [];
  for (const topicData of request.topicData) {
    const topic = findTopic(context, topicData);
    if (topic === undefined || refuseTopic({ context, request }, topicData, topic) !== 0) continue;
    for (const data of topicData.partitionData) {
      const found = context.services.partitions.lookUp(topic, data.index);
      if (found.ok) targets.push({ topic, data, partition: found.partition });
    }
  }
  return targets;
}

function findTopic(
  { services }: RequestContext,
  data: ProduceRequestTopicProduceData,
): TopicImage | undefined {
  const { topics } = services.image;
  return data.topicId === ZERO_UUID ? topics.find(data.name) : topics.findById(data.topicId);
}

function produceTopic(work: ProduceWork, data: ProduceRequestTopicProduceData) {
  const topic = findTopic(work.context, data);
  const refusal = work.refusal === 0 ? refuseTopic(work, data, topic) : work.refusal;
  const partitionResponses = data.partitionData.map((partition) => {
    const answer: ProduceAnswer = {
      ...defaultProduceResponsePartitionProduceResponse(),
      index: partition.index,
    };
    if (refusal !== 0 || topic === undefined) failAnswer(answer, refusal, null);
    else producePartition(work, { topic, data: partition, answer });
    if (answer.errorCode !== 0) work.hasError = true;
    return answer;
  });
  return { name: data.name, topicId: data.topicId, partitionResponses };
}

/** Why nothing may be written to a topic, or 0. */
function refuseTopic(
  work: Pick<ProduceWork, 'context' | 'request'>,
  data: ProduceRequestTopicProduceData,
  topic: TopicImage | undefined,
): number {
  const { context, request } = work;
  const { access } = context.services;
  if (request.acks < ACKS_ALL || request.acks > 1) return KafkaError.INVALID_REQUIRED_ACKS;
  if (topic === undefined && data.topicId !== ZERO_UUID) return KafkaError.UNKNOWN_TOPIC_ID;
  const name = topic?.name ?? data.name;
  if (!access.topic(context.caller, AclOperation.WRITE, name))
    return KafkaError.TOPIC_AUTHORIZATION_FAILED;
  if (topic === undefined) return KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  return isInternalTopic(name) ? KafkaError.INVALID_TOPIC_EXCEPTION : 0;
}

function producePartition(
  work: ProduceWork,
  write: {
    topic: TopicImage;
    data: ProduceRequestPartitionProduceData;
    answer: ProduceAnswer;
  },
): void {
  const { answer, data, topic } = write;
  const { services } = work.context;
  const found = services.partitions.lookUp(topic, data.index);
  if (!found.ok) {
    failAnswer(answer, found.errorCode, null);
    if (found.image !== undefined && found.errorCode === KafkaError.NOT_LEADER_OR_FOLLOWER)
      hintLeader(work, answer, found.image);
    return;
  }
  const records = data.records as Buffer | null;
  if (records === null) return failAnswer(answer, KafkaError.INVALID_RECORD, 'no records');
  const refusal = refuseBatch(work, records);
  if (refusal !== 0) return failAnswer(answer, refusal, null);
  const { minInsyncReplicas } = services.configs.topicConfig(topic.name);
  const { isr, leaderEpoch, replicas } = found.image;
  if (work.request.acks === ACKS_ALL && isr.length < Math.min(minInsyncReplicas, replicas.length))
    return failAnswer(answer, KafkaError.NOT_ENOUGH_REPLICAS, null);
  const noRoom = services.storage.refusal;
  if (noRoom !== undefined) return failAnswer(answer, KafkaError.POLICY_VIOLATION, noRoom);
  const verdict = work.verdicts.get(data);
  if (verdict !== undefined && verdict.errorCode !== 0)
    return failAnswer(answer, verdict.errorCode, verdict.message);
  const { verification } = verdict ?? UNVERIFIED;
  append(work, { partition: found.partition, leaderEpoch, records, answer, verification });
}

function append(
  work: ProduceWork,
  write: {
    partition: Partition;
    leaderEpoch: number;
    records: Buffer;
    answer: ProduceAnswer;
    verification: VerificationGuard | undefined;
  },
): void {
  const { answer, leaderEpoch, partition, records, verification } = write;
  const { services } = work.context;
  const nowMs = services.ports.clock.wallMs();
  const outcome = partition.log.append(records, {
    leaderEpoch,
    nowMs,
    origin: 'client',
    verification,
  });
  if (!outcome.ok) {
    failAnswer(answer, outcome.errorCode, outcome.message);
    answer.recordErrors = (outcome.recordErrors ?? []).map(({ batchIndex, message }) => {
      return { batchIndex, batchIndexErrorMessage: message };
    });
    return;
  }
  answer.baseOffset = outcome.baseOffset;
  answer.logAppendTimeMs = outcome.logAppendTimeMs;
  answer.logStartOffset = partition.log.startOffset;
  services.appended();
  services.ports.probe.onProduced(partition.topicName, records.length);
  const traffic = work.context.usage.traffic(partition.topicName);
  traffic.receivedBytes += records.length;
  traffic.receivedRecords += records.readInt32BE(BatchField.RECORDS_COUNT);
  if (work.request.acks !== 0)
    partition.commits.wait(work.pending.await(outcome.lastOffset + 1, answer));
}

/** What the log cannot know: the request's version. */
function refuseBatch(work: ProduceWork, records: Buffer): number {
  if (records.length < BatchField.ATTRIBUTES + 2) return 0;
  const attributes = records.readInt16BE(BatchField.ATTRIBUTES);
  const codec = attributes & BatchAttribute.CODEC_MASK;
  if (codec === Codec.ZSTD && work.context.version < ZSTD_FROM_VERSION)
    return KafkaError.UNSUPPORTED_COMPRESSION_TYPE;
  return 0;
}

function hintLeader(
  work: ProduceWork,
  answer: ProduceAnswer,
  image: { leader: number; leaderEpoch: number },
): void {
  if (work.context.version < LEADER_HINT_FROM_VERSION) return;
  answer.currentLeader = { leaderId: image.leader, leaderEpoch: image.leaderEpoch };
  const endpoint = endpointOf(work.context, image.leader);
  if (endpoint !== undefined) work.endpoints.set(image.leader, endpoint);
}

import { EMPTY_BYTES, KafkaError } from '@weirhouse/kafka-protocol';
import type { FetchRequest } from '@weirhouse/kafka-protocol/messages/fetch-request';
import {
  defaultFetchResponse,
  defaultFetchResponsePartitionData,
  type FetchResponse,
  type FetchResponseFetchableTopicResponse,
  type FetchResponseNodeEndpoint,
  type FetchResponsePartitionData,
} from '@weirhouse/kafka-protocol/messages/fetch-response';

import { endpointOf } from '../endpoints.ts';
import type { RequestContext } from '../handler.ts';
import { Isolation } from './fetch-entry.ts';
import type { FetchedPartition } from './fetch-operation.ts';
import type { FetchAnswer } from './session.ts';

const DEFAULTS = defaultFetchResponsePartitionData();

/** From this version on an answer may say who leads now (KIP-951); older ones cannot carry it. */
const LEADER_HINT_FROM_VERSION = 16;

/** The partition's part of the response. */
export function partitionData(
  { version }: RequestContext,
  fetched: FetchedPartition,
  isolationLevel: number,
): FetchResponsePartitionData {
  const { aborted, bytes, entry, errorCode, slices } = fetched;
  const { diverging, image, partition, target } = entry;
  const base = { ...DEFAULTS, partitionIndex: target.index, errorCode, preferredReadReplica: -1 };
  if (errorCode !== 0 || partition === undefined) {
    const hasHint =
      version >= LEADER_HINT_FROM_VERSION &&
      image !== undefined &&
      (errorCode === KafkaError.NOT_LEADER_OR_FOLLOWER ||
        errorCode === KafkaError.FENCED_LEADER_EPOCH);
    return {
      ...base,
      highWatermark: -1,
      lastStableOffset: -1,
      logStartOffset: -1,
      abortedTransactions: null,
      records: EMPTY_BYTES,
      ...(hasHint
        ? { currentLeader: { leaderId: image.leader, leaderEpoch: image.leaderEpoch } }
        : {}),
    };
  }
  const { log } = partition;
  const isCommitted = isolationLevel === Isolation.READ_COMMITTED;
  return {
    ...base,
    highWatermark: log.highWatermark,
    lastStableOffset: isCommitted ? log.lastStableOffset : -1,
    logStartOffset: log.startOffset,
    // Clients filter by this list whenever it is there, so at level 0 it must not be.
    abortedTransactions: isCommitted ? aborted : null,
    records: bytes > 0 ? slices : EMPTY_BYTES,
    ...(diverging === undefined ? {} : { divergingEpoch: diverging }),
  };
}

/** What the session remembers of an answer. */
export function sessionAnswer(data: FetchResponsePartitionData, bytes: number): FetchAnswer {
  const { divergingEpoch, errorCode, highWatermark, logStartOffset } = data;
  return { errorCode, highWatermark, logStartOffset, bytes, diverging: divergingEpoch.epoch >= 0 };
}

/** The mentioned partitions, those of one topic together when they follow each other. */
export function groupByTopic(
  fetched: readonly FetchedPartition[],
  data: readonly FetchResponsePartitionData[],
  mentioned: (position: number) => boolean,
): FetchResponseFetchableTopicResponse[] {
  const topics: { topic: string; topicId: string; partitions: FetchResponsePartitionData[] }[] = [];
  for (const [position, { entry }] of fetched.entries()) {
    const partition = data[position];
    if (partition === undefined || !mentioned(position)) continue;
    const { topicId, topicName } = entry.target;
    const last = topics.at(-1);
    if (last !== undefined && last.topic === topicName && last.topicId === topicId)
      last.partitions.push(partition);
    else topics.push({ topic: topicName, topicId, partitions: [partition] });
  }
  return topics;
}

/** Where the leaders named in `currentLeader` are found (KIP-951). */
export function leaderEndpoints(
  context: RequestContext,
  leaders: Iterable<{ readonly leaderId: number }>,
): FetchResponseNodeEndpoint[] {
  const endpoints = new Map<number, FetchResponseNodeEndpoint>();
  for (const { leaderId } of leaders) {
    const endpoint = endpointOf(context, leaderId);
    if (endpoint !== undefined) endpoints.set(leaderId, endpoint);
  }
  return Array.from(endpoints.values());
}

/** The answer that refuses every partition of a request. */
export function refusedFetch(request: FetchRequest, errorCode: number): FetchResponse {
  const refused = { ...DEFAULTS, errorCode, highWatermark: -1, records: EMPTY_BYTES };
  const responses = request.topics.map(({ partitions, topic, topicId }) => ({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => ({ ...refused, partitionIndex: partition })),
  }));
  return { ...defaultFetchResponse(), responses };
}

// Fetch: versions 4 to 18. v7 sessions (KIP-227), v9 leader epochs (KIP-320), v12 divergence
// (KIP-595), v13 topic ids (KIP-516), v16 leader hints (KIP-951). A fetch with nothing to return is
// parked until its partitions advance; replicas do not fetch here yet.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  fetchRequestSchema,
  readFetchRequest,
  type FetchRequest,
} from '@weirhouse/kafka-protocol/messages/fetch-request';
import {
  defaultFetchResponse,
  writeFetchResponse,
  type FetchResponse,
} from '@weirhouse/kafka-protocol/messages/fetch-response';

import { FetchOperation, type FetchedPartition } from '../fetch/fetch-operation.ts';
import {
  groupByTopic,
  leaderEndpoints,
  partitionData,
  refusedFetch,
  sessionAnswer,
} from '../fetch/fetch-response.ts';
import {
  answerFetchContext,
  FINAL_EPOCH,
  openFetchContext,
  type FetchContext,
} from '../fetch/session-context.ts';
import { fetchKey, type FetchTarget } from '../fetch/session.ts';
import { defineHandler, type RequestContext, type Respond } from '../handler.ts';
import { REQUEST_PARTITIONS_MAX } from '../limits.ts';
import { countRecords } from '../usage/count-records.ts';

const SESSIONS_FROM_VERSION = 7;
const TOPIC_IDS_FROM_VERSION = 13;

/** API key 1. */
export const fetch = defineHandler<FetchRequest, FetchResponse>({
  schema: fetchRequestSchema,
  minVersion: 4,
  maxVersion: 18,
  authenticated: true,
  borrowsFrame: true,
  read: readFetchRequest,
  write: writeFetchResponse,
  handle(context, request, respond) {
    const isReplica = replicaOf(request) >= 0;
    if (isReplica && !context.services.access.cluster(context.caller, AclOperation.CLUSTER_ACTION))
      return respond(refusedFetch(request, KafkaError.TOPIC_AUTHORIZATION_FAILED));
    const refusal = isReplica ? KafkaError.REPLICA_NOT_AVAILABLE : refuse(request);
    if (refusal !== 0) return respond({ ...defaultFetchResponse(), errorCode: refusal });
    const { fetchSessions, ports } = context.services;
    const hasSessions = context.version >= SESSIONS_FROM_VERSION;
    const opened = openFetchContext(
      fetchSessions,
      {
        sessionId: hasSessions ? request.sessionId : 0,
        sessionEpoch: hasSessions ? request.sessionEpoch : FINAL_EPOCH,
        usesTopicIds: context.version >= TOPIC_IDS_FROM_VERSION,
        targets: targetsOf(request),
        forgotten: forgottenOf(request),
      },
      ports.clock.monotonicMs(),
    );
    if (opened.kind === 'refused')
      return respond({ ...defaultFetchResponse(), errorCode: opened.errorCode });
    const { isolationLevel, maxWaitMs, minBytes } = request;
    const maxBytes = Math.min(
      request.maxBytes,
      context.services.configs.brokerNumber('fetch.max.bytes'),
      context.services.quotas.mostAtOnce('consumer_byte_rate', context) ?? Infinity,
    );
    const operation = new FetchOperation({
      context,
      targets: opened.targets,
      limits: { isolationLevel, maxWaitMs, maxBytes, minBytes: Math.min(minBytes, maxBytes) },
      done: (fetched, release) =>
        answer({ context, opened, fetched, release, isolationLevel, respond }),
    });
    context.onAbandoned = () => operation.abandon();
    context.onDrain = () => operation.onExpired();
    operation.start();
  },
});

function answer(work: {
  readonly context: RequestContext;
  readonly opened: Exclude<FetchContext, { kind: 'refused' }>;
  readonly fetched: readonly FetchedPartition[];
  readonly release: () => void;
  readonly isolationLevel: number;
  readonly respond: Respond<FetchResponse>;
}): void {
  const { context, fetched, isolationLevel, opened, release } = work;
  const { fetchSessions, ports, quotas } = context.services;
  const total = fetched.reduce((sum, { bytes }) => sum + bytes, 0);
  const throttleTimeMs = quotas.use('consumer_byte_rate', context, total);
  if (throttleTimeMs > 0) {
    // Over its quota a client gets nothing now, and its session stays as it is (KIP-219).
    quotas.giveBack('consumer_byte_rate', context, total);
    release();
    const sessionId = opened.kind === 'incremental' ? opened.session.id : 0;
    return work.respond({ ...defaultFetchResponse(), throttleTimeMs, sessionId });
  }
  const data = fetched.map((partition) => partitionData(context, partition, isolationLevel));
  const answers = data.map((partition, position) =>
    sessionAnswer(partition, fetched[position]?.bytes ?? 0),
  );
  const nowMs = ports.clock.monotonicMs();
  const session = answerFetchContext(fetchSessions, opened, { answers, nowMs });
  for (const { bytes, entry, slices } of fetched) {
    if (bytes === 0) continue;
    ports.probe.onFetched(entry.topicName, bytes);
    const traffic = context.usage.traffic(entry.topicName);
    traffic.sentBytes += bytes;
    traffic.sentRecords += countRecords(slices);
  }
  const leaders = data.map((partition) => partition.currentLeader);
  work.respond(
    {
      throttleTimeMs: 0,
      errorCode: session.errorCode,
      sessionId: session.sessionId,
      responses: groupByTopic(fetched, data, session.mentioned),
      nodeEndpoints: leaderEndpoints(context, leaders),
    },
    { onSent: release },
  );
}

/** The replica that asks, or a negative number for a client. */
function replicaOf({ replicaId, replicaState }: FetchRequest): number {
  return Math.max(replicaId, replicaState.replicaId);
}

function refuse(request: FetchRequest): number {
  let partitions = 0;
  for (const topic of request.topics) partitions += topic.partitions.length;
  return partitions > REQUEST_PARTITIONS_MAX ? KafkaError.INVALID_REQUEST : 0;
}

function targetsOf(request: FetchRequest): FetchTarget[] {
  const targets: FetchTarget[] = [];
  for (const { partitions, topic, topicId } of request.topics) {
    for (const partition of partitions) {
      targets.push({
        topicName: topic,
        topicId,
        index: partition.partition,
        currentLeaderEpoch: partition.currentLeaderEpoch,
        fetchOffset: partition.fetchOffset,
        lastFetchedEpoch: partition.lastFetchedEpoch,
        logStartOffset: partition.logStartOffset,
        maxBytes: partition.partitionMaxBytes,
      });
    }
  }
  return targets;
}

function forgottenOf(request: FetchRequest): string[] {
  return request.forgottenTopicsData.flatMap(({ partitions, topic, topicId }) =>
    partitions.map((index) => fetchKey({ topicName: topic, topicId }, index)),
  );
}

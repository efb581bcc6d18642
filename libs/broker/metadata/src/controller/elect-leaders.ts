import { KafkaError, kafkaErrorName } from '@weirhouse/kafka-protocol';
import type { ElectLeadersRequest } from '@weirhouse/kafka-protocol/messages/elect-leaders-request';
import type {
  ElectLeadersResponse,
  ElectLeadersResponsePartitionResult,
} from '@weirhouse/kafka-protocol/messages/elect-leaders-response';
import { defaultPartitionChangeRecord } from '@weirhouse/kafka-protocol/messages/partition-change-record';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { PartitionImage, TopicImage } from '../image/topics-image.ts';
import type { MetadataRecord } from '../records.ts';
import type { ControllerContext, ControllerResult } from './controller-types.ts';

/** What an election may choose, by Kafka's ids (KIP-460). */
export const ElectionType = { PREFERRED: 0, UNCLEAN: 1 } as const;

/** The leader has to confirm that it has recovered what an unclean election left over. */
const RECOVERING = 1;

interface LeaderChange {
  readonly leader: number;
  readonly isr?: readonly number[];
  readonly leaderRecoveryState?: number;
}

type Verdict =
  | { readonly ok: true; readonly change: LeaderChange }
  | { readonly ok: false; readonly errorCode: number; readonly errorMessage: string };

/**
 * ElectLeaders (KIP-183, KIP-460). Null partitions mean all; then those that need no election are left
 * out. Errors: 42 election type; of a partition 3 unknown, 80 and 83 nobody can lead, 84 not needed.
 */
export function electLeaders(
  context: ControllerContext,
  request: ElectLeadersRequest,
): ControllerResult<ElectLeadersResponse> {
  const { image } = context;
  const { electionType } = request;
  if (electionType !== ElectionType.PREFERRED && electionType !== ElectionType.UNCLEAN) {
    const errorCode = KafkaError.INVALID_REQUEST;
    return { records: [], response: { throttleTimeMs: 0, errorCode, replicaElectionResults: [] } };
  }
  const isAll = request.topicPartitions === null;
  const targets = request.topicPartitions ?? everyPartition(image);
  const records: MetadataRecord[] = [];
  const replicaElectionResults = targets.map(({ partitions, topic: name }) => {
    const topic = image.topics.find(name);
    const results = partitions.map((partitionId): ElectLeadersResponsePartitionResult => {
      const verdict = elect(image, { topic, name, partitionId, electionType });
      if (!verdict.ok) {
        const { errorCode, errorMessage } = verdict;
        return { partitionId, errorCode, errorMessage };
      }
      const topicId = topic?.topicId ?? '';
      const unchanged = defaultPartitionChangeRecord();
      const body = { ...unchanged, topicId, partitionId, ...verdict.change };
      records.push({ kind: 'partitionChange', body });
      return { partitionId, errorCode: KafkaError.NONE, errorMessage: null };
    });
    const partitionResult = isAll
      ? results.filter(({ errorCode }) => errorCode !== KafkaError.ELECTION_NOT_NEEDED)
      : results;
    return { topic: name, partitionResult };
  });
  const response = { throttleTimeMs: 0, errorCode: KafkaError.NONE, replicaElectionResults };
  return { records, response };
}

function everyPartition(image: MetadataImage) {
  return Array.from(image.topics.values(), ({ name, partitions }) => ({
    topic: name,
    partitions: partitions.map(({ index }) => index),
  }));
}

interface Election {
  readonly topic: TopicImage | undefined;
  readonly name: string;
  readonly partitionId: number;
  readonly electionType: number;
}

function elect(image: MetadataImage, election: Election): Verdict {
  const { electionType, name, partitionId, topic } = election;
  if (topic === undefined) {
    return refuse(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, `Topic ${name} does not exist.`);
  }
  const partition = topic.partitions[partitionId];
  if (partition === undefined) {
    const message = `Topic ${name} has no partition ${partitionId}.`;
    return refuse(KafkaError.UNKNOWN_TOPIC_OR_PARTITION, message);
  }
  return electionType === ElectionType.PREFERRED
    ? electPreferred(image, partition)
    : electUnclean(image, partition);
}

/** The first replica leads again, when it is in sync and live. */
function electPreferred(image: MetadataImage, partition: PartitionImage): Verdict {
  const preferred = partition.replicas[0];
  if (preferred === partition.leader) return refuse(KafkaError.ELECTION_NOT_NEEDED);
  if (
    preferred === undefined ||
    !partition.isr.includes(preferred) ||
    !image.brokers.isActive(preferred)
  ) {
    return refuse(KafkaError.PREFERRED_LEADER_NOT_AVAILABLE);
  }
  return { ok: true, change: { leader: preferred } };
}

/** Only a partition without a leader: one in sync if there is one, else any live replica. */
function electUnclean(image: MetadataImage, partition: PartitionImage): Verdict {
  if (image.brokers.isActive(partition.leader)) return refuse(KafkaError.ELECTION_NOT_NEEDED);
  const live = partition.replicas.filter((id) => image.brokers.isActive(id));
  const clean = live.find((id) => partition.isr.includes(id));
  if (clean !== undefined) return { ok: true, change: { leader: clean } };
  const [leader] = live;
  if (leader === undefined) return refuse(KafkaError.ELIGIBLE_LEADERS_NOT_AVAILABLE);
  return { ok: true, change: { leader, isr: [leader], leaderRecoveryState: RECOVERING } };
}

function refuse(errorCode: number, errorMessage = `${kafkaErrorName(errorCode)}.`): Verdict {
  return { ok: false, errorCode, errorMessage };
}

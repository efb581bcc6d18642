import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { ConnectionPool, type BrokerAddress, type ClientOptions } from '../connection-pool.ts';
import { kafkaError } from '../errors.ts';
import { REQUEST_TIMEOUT_MS } from '../limits.ts';
import {
  createAcls,
  deleteAcls,
  describeAcls,
  type AclBinding,
  type AclFilter,
  type AclOriginOption,
  type DescribedAcl,
} from './acls.ts';
import {
  describeCluster,
  fetchMetadata,
  type ClusterInfo,
  type MetadataInfo,
  type MetadataOptions,
} from './cluster.ts';
import {
  alterConfigs,
  describeConfigs,
  type ConfigChange,
  type ConfigResource,
  type DescribedConfigs,
} from './configs.ts';
import {
  describeGroupOfCoordinator,
  fetchOffsetsOfCoordinator,
  findCoordinator,
  listGroupsOfBroker,
  type CommittedOffset,
  type Coordinator,
  type DescribedGroup,
  type ListedGroup,
} from './groups.ts';
import {
  alterUserQuotas,
  describeUserQuotas,
  type UserQuota,
  type UserQuotaChange,
} from './client-quotas.ts';
import { listOffsetsOfLeader, type OffsetOutcome, type OffsetQuery } from './offsets.ts';
import { createPartitions, listReassignments, type Reassignment } from './partitions.ts';
import { produceBatch, type ProduceBatch, type ProducedBatch } from './produce.ts';
import { readRecordsOfLeader, type ReadRecords, type RecordsPlace } from './read-records.ts';
import {
  alterScramCredentials,
  describeScramCredentials,
  type ScramDeletion,
  type ScramOutcome,
  type ScramUpsertion,
  type ScramUser,
} from './scram-credentials.ts';
import {
  createTopics,
  deleteTopics,
  type CreatedTopic,
  type NewTopic,
  type TopicOutcome,
} from './topics.ts';

/**
 * Administers a cluster. Connects when it is first used; any broker is asked, because brokers pass
 * on what only the controller may do. Every method rejects with an AppError; a failed connection is
 * made again by the next call, no call is repeated by itself.
 */
export class AdminClient {
  readonly #pool: ConnectionPool;
  readonly #timeoutMs: number;

  constructor(options: ClientOptions) {
    this.#pool = new ConnectionPool(options);
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
  }

  /** Who the cluster is. */
  describeCluster(): Promise<ClusterInfo> {
    return describeCluster(this.#sendAny);
  }

  /** Brokers and topics; undefined = all topics. Never creates a topic. */
  metadata(topicNames?: readonly string[], options?: MetadataOptions): Promise<MetadataInfo> {
    return fetchMetadata(this.#sendAny, topicNames, options);
  }

  /** Settings of topics and brokers, each with its own outcome; `names` = only these. */
  describeConfigs(
    resources: readonly ConfigResource[],
    names?: readonly string[],
  ): Promise<readonly DescribedConfigs[]> {
    return describeConfigs(this.#sendAny, resources, names);
  }

  /** Changes settings of one topic, broker or all brokers: all changes or none. */
  alterConfigs(
    resource: ConfigResource,
    request: { readonly changes: readonly ConfigChange[]; readonly validateOnly: boolean },
  ): Promise<void> {
    return alterConfigs(this.#sendAny, resource, request);
  }

  /** Gives a topic more partitions. */
  createPartitions(topic: { readonly name: string; readonly count: number }): Promise<void> {
    return createPartitions(this.#sendAny, topic, this.#timeoutMs);
  }

  /** Every partition whose replicas are being moved. */
  listReassignments(): Promise<readonly Reassignment[]> {
    return listReassignments(this.#sendAny, this.#timeoutMs);
  }

  /** The groups of all brokers that the caller may see. */
  async listGroups(): Promise<readonly ListedGroup[]> {
    const { brokers } = await this.metadata([]);
    const lists = await Promise.all(
      brokers.map((broker) => listGroupsOfBroker(this.#sendTo(broker))),
    );
    return lists.flat();
  }

  /** Which broker keeps a group. */
  findCoordinator(groupId: string): Promise<Coordinator> {
    return findCoordinator(this.#sendAny, groupId);
  }

  /** A group of either protocol with its members. */
  async describeGroup(groupId: string): Promise<DescribedGroup> {
    const coordinator = await this.findCoordinator(groupId);
    return describeGroupOfCoordinator(this.#sendTo(coordinator), groupId);
  }

  /** What a group has committed. */
  async fetchOffsets(groupId: string): Promise<readonly CommittedOffset[]> {
    const coordinator = await this.findCoordinator(groupId);
    return fetchOffsetsOfCoordinator(this.#sendTo(coordinator), groupId);
  }

  /** Writes one batch to a partition, acknowledged by all in-sync replicas. */
  produce(batch: ProduceBatch, leader: BrokerAddress): Promise<ProducedBatch> {
    return produceBatch(this.#sendTo(leader), batch, { timeoutMs: this.#timeoutMs });
  }

  /** Reads committed records of a partition from an offset on, as many as one answer holds. */
  async readRecords(place: RecordsPlace): Promise<ReadRecords> {
    const { brokers, topics } = await this.metadata([place.topic]);
    const partitions = topics[0]?.partitions ?? [];
    const partition = partitions.find(({ index }) => index === place.partition);
    const leader = brokers.find(({ nodeId }) => nodeId === partition?.leaderId);
    if (leader) return readRecordsOfLeader(this.#sendTo(leader), place);
    throw topics[0]?.error ?? kafkaError(KafkaError.LEADER_NOT_AVAILABLE);
  }

  /** Creates topics; each has its own outcome. */
  createTopics(
    topics: readonly NewTopic[],
    options: { readonly validateOnly?: boolean } = {},
  ): Promise<readonly CreatedTopic[]> {
    return createTopics(this.#sendAny, topics, { ...options, timeoutMs: this.#timeoutMs });
  }

  /** Deletes topics by name; each has its own outcome. */
  deleteTopics(names: readonly string[]): Promise<readonly TopicOutcome[]> {
    return deleteTopics(this.#sendAny, names, { timeoutMs: this.#timeoutMs });
  }

  /** Sets and removes SCRAM credentials; each user has its own outcome. */
  alterUserScramCredentials(changes: {
    readonly upsertions?: readonly ScramUpsertion[];
    readonly deletions?: readonly ScramDeletion[];
  }): Promise<readonly ScramOutcome[]> {
    return alterScramCredentials(this.#sendAny, changes);
  }

  /** Users with SCRAM credentials; undefined = all. A user without any is left out. */
  describeUserScramCredentials(users?: readonly string[]): Promise<readonly ScramUser[]> {
    return describeScramCredentials(this.#sendAny, users);
  }

  /** Creates ACLs; outcomes in the order of `bindings`, undefined = created. */
  createAcls(
    bindings: readonly AclBinding[],
    options?: AclOriginOption,
  ): Promise<readonly (AppError | undefined)[]> {
    return createAcls(this.#sendAny, bindings, options);
  }

  /** Lists ACLs of an origin, or (absent) those that people made. */
  describeAcls(filter: AclFilter, options?: AclOriginOption): Promise<readonly DescribedAcl[]> {
    return describeAcls(this.#sendAny, filter, options);
  }

  /** Deletes the ACLs of an origin that match any filter; returns those that are gone. */
  deleteAcls(
    filters: readonly AclFilter[],
    options?: AclOriginOption,
  ): Promise<readonly AclBinding[]> {
    return deleteAcls(this.#sendAny, filters, options);
  }

  /** Lists the limits of users. */
  describeUserQuotas(): Promise<readonly UserQuota[]> {
    return describeUserQuotas(this.#sendAny);
  }

  /** Changes limits of users; outcomes in the order of `changes`, undefined = changed. */
  alterUserQuotas(changes: readonly UserQuotaChange[]): Promise<readonly (AppError | undefined)[]> {
    return alterUserQuotas(this.#sendAny, changes);
  }

  /** Offsets of partitions, each asked of its leader. */
  async listOffsets(queries: readonly OffsetQuery[]): Promise<readonly OffsetOutcome[]> {
    const metadata = await this.metadata([...new Set(queries.map(({ topic }) => topic))]);
    const leaders = leadersOf(metadata);
    const byLeader = Map.groupBy(queries, (query) => leaders.get(partitionKey(query)) ?? -1);
    const outcomes = await Promise.all(
      [...byLeader].map(async ([nodeId, asked]) => {
        const broker = metadata.brokers.find((candidate) => candidate.nodeId === nodeId);
        if (!broker) return asked.map((query) => leaderless(query, metadata));
        return listOffsetsOfLeader(this.#sendTo(broker), asked);
      }),
    );
    return outcomes.flat();
  }

  /** For how long some broker goes on holding the client back for its quotas; 0 = none does. */
  get heldBackMs(): number {
    return this.#pool.heldBackMs;
  }

  /** Closes every connection. */
  close(): void {
    this.#pool.close();
  }

  readonly #sendAny: Send = async (api, request) => (await this.#pool.any()).send(api, request);

  #sendTo(broker: BrokerAddress): Send {
    return async (api, request) => (await this.#pool.get(broker)).send(api, request);
  }
}

function partitionKey({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}

function leadersOf(metadata: MetadataInfo): ReadonlyMap<string, number> {
  return new Map(
    metadata.topics.flatMap(({ name, partitions }) =>
      partitions.map(({ index, leaderId }) => [
        partitionKey({ topic: name, partition: index }),
        leaderId,
      ]),
    ),
  );
}

function leaderless({ topic, partition }: OffsetQuery, metadata: MetadataInfo): OffsetOutcome {
  const info = metadata.topics.find(({ name }) => name === topic);
  const exists = info?.partitions.some(({ index }) => index === partition) ?? false;
  const code = exists ? KafkaError.LEADER_NOT_AVAILABLE : KafkaError.UNKNOWN_TOPIC_OR_PARTITION;
  const error = info?.error ?? kafkaError(code);
  return { topic, partition, offset: -1, timestampMs: -1, error };
}

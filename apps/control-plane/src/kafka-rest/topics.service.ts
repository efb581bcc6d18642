import { Injectable } from '@nestjs/common';
import type { RouteInput, RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AdminClient, PartitionInfo, TopicInfo } from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import { badRequest, notFound } from './kafka-failures.ts';
import { KafkaGateway, type KafkaPlace } from './kafka-gateway.ts';
import { presentPartition, presentTopic } from './topics.presenter.ts';

type Topic = RouteOutput<typeof routes.getTopic>;
type TopicList = RouteOutput<typeof routes.listTopics>;
type Partition = RouteOutput<typeof routes.getPartition>;
type PartitionList = RouteOutput<typeof routes.listPartitions>;
type NewTopic = RouteInput<typeof routes.createTopic>['body'];

interface TopicPlace {
  readonly cluster_id: string;
  readonly topic_name: string;
}

/** Use cases of topics and partitions. */
@Injectable()
export class TopicsService {
  constructor(private readonly gateway: KafkaGateway) {}

  list(ctx: OpContext, clusterId: string): Promise<TopicList> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const { topics } = await client.metadata();
      return {
        kind: 'KafkaTopicList',
        metadata: links.list('/topics'),
        data: topics
          .filter(({ error }) => error === undefined)
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .map((topic) => presentTopic(links, topicOf(topic))),
      };
    });
  }

  get(ctx: OpContext, place: TopicPlace, withOperations: boolean): Promise<Topic> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const topic = await findTopic(client, place.topic_name, withOperations);
      const { authorizedOperations } = topic;
      const asked = withOperations ? { authorizedOperations } : {};
      return presentTopic(links, { ...topicOf(topic), ...asked });
    });
  }

  /** Nothing of it is made, or noted, when it is to be validated only. */
  async create(ctx: OpContext, clusterId: string, body: NewTopic): Promise<Topic> {
    const validateOnly = body.validate_only ?? false;
    const change = { action: 'kafka.CreateTopics', tail: `/topic=${body.topic_name}` };
    const work = async ({ client, links }: KafkaPlace): Promise<Topic> => {
      const [created] = await client.createTopics([newTopicOf(body)], { validateOnly });
      if (created?.error) throw created.error;
      return presentTopic(links, {
        name: body.topic_name,
        isInternal: false,
        // -1 = the caller may not describe the topic's settings.
        partitionsCount: Math.max(0, created?.partitions ?? 0),
        replicationFactor: Math.max(0, created?.replicationFactor ?? 0),
      });
    };
    return validateOnly
      ? this.gateway.read(ctx, clusterId, work)
      : this.gateway.change(ctx, clusterId, change, work);
  }

  addPartitions(ctx: OpContext, place: TopicPlace, count: number): Promise<Topic> {
    const { cluster_id: clusterId, topic_name: name } = place;
    const change = { action: 'kafka.CreatePartitions', tail: `/topic=${name}` };
    return this.gateway.change(ctx, clusterId, change, async ({ client, links }) => {
      await client.createPartitions({ name, count });
      return presentTopic(links, topicOf(await findTopic(client, name)));
    });
  }

  async delete(ctx: OpContext, place: TopicPlace): Promise<void> {
    const { cluster_id: clusterId, topic_name: name } = place;
    const change = { action: 'kafka.DeleteTopics', tail: `/topic=${name}` };
    await this.gateway.change(ctx, clusterId, change, async ({ client }) => {
      const [outcome] = await client.deleteTopics([name]);
      if (outcome?.error) throw outcome.error;
    });
  }

  listPartitions(ctx: OpContext, place: TopicPlace): Promise<PartitionList> {
    const { cluster_id: clusterId, topic_name: name } = place;
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const { partitions } = await findTopic(client, name);
      return {
        kind: 'KafkaPartitionList',
        metadata: links.list(`/topics/${encodeURIComponent(name)}/partitions`),
        data: partitions
          .toSorted((a, b) => a.index - b.index)
          .map((partition) => presentPartition(links, name, partition)),
      };
    });
  }

  getPartition(
    ctx: OpContext,
    place: TopicPlace & { readonly partition_id: number },
  ): Promise<Partition> {
    const { cluster_id: clusterId, partition_id: index, topic_name: name } = place;
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const topic = await findTopic(client, name);
      return presentPartition(links, name, requirePartition(topic, index));
    });
  }
}

/** Throws what the broker says about a topic that cannot be told. */
export async function findTopic(
  client: AdminClient,
  name: string,
  withOperations = false,
): Promise<TopicInfo> {
  const { topics } = await client.metadata([name], { withOperations });
  const [topic] = topics;
  if (!topic) throw notFound(`Topic ${name}`, 'topic');
  if (topic.error) throw topic.error;
  return topic;
}

/** A partition of a topic by its number. */
export function requirePartition({ name, partitions }: TopicInfo, index: number): PartitionInfo {
  const partition = partitions.find((candidate) => candidate.index === index);
  if (!partition) throw notFound(`Partition ${index} of topic ${name}`, 'topic');
  return partition;
}

function topicOf(topic: TopicInfo): Parameters<typeof presentTopic>[1] {
  const { isInternal, name, partitions } = topic;
  return {
    name,
    isInternal,
    partitionsCount: partitions.length,
    replicationFactor: partitions[0]?.replicas.length ?? 0,
  };
}

function newTopicOf(body: NewTopic): Parameters<AdminClient['createTopics']>[0][number] {
  const configs: Record<string, string> = {};
  for (const { name, value } of body.configs ?? []) {
    if (Object.hasOwn(configs, name)) throw badRequest(`Setting ${name} is named twice.`);
    if (value !== undefined && value !== null) configs[name] = value;
  }
  return {
    name: body.topic_name,
    partitions: body.partitions_count ?? -1,
    replicationFactor: body.replication_factor ?? -1,
    configs,
  };
}

import { Injectable } from '@nestjs/common';
import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import {
  isKafkaError,
  type AdminClient,
  type ConfigEntry,
  type ConfigResource,
} from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import {
  presentClusterConfig,
  presentDefaultTopicConfig,
  presentTopicConfig,
} from './configs.presenter.ts';
import { notFound } from './kafka-failures.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { alterSettings, describeSettings, type Alteration } from './settings.ts';

type TopicConfig = RouteOutput<typeof routes.getTopicConfig>;
type TopicConfigList = RouteOutput<typeof routes.listTopicConfigs>;
type DefaultList = RouteOutput<typeof routes.listDefaultTopicConfigs>;
type ClusterConfig = RouteOutput<typeof routes.getClusterConfig>;
type ClusterConfigList = RouteOutput<typeof routes.listClusterConfigs>;

/** A broker with an empty name: what is set for all of them. */
const ALL_BROKERS: ConfigResource = { type: 'broker', name: '' };

/** Of a topic's name, for one beside it: names have 249 characters at most. */
const NAME_KEPT_CHARS = 200;

interface TopicPlace {
  readonly cluster_id: string;
  readonly topic_name: string;
}

/** Use cases of settings of topics and of all brokers. */
@Injectable()
export class ConfigsService {
  constructor(private readonly gateway: KafkaGateway) {}

  listOfTopic(ctx: OpContext, { cluster_id, topic_name }: TopicPlace): Promise<TopicConfigList> {
    return this.gateway.read(ctx, cluster_id, async ({ client, links }) => {
      const configs = await describeSettings(client, { type: 'topic', name: topic_name });
      return {
        kind: 'KafkaTopicConfigList',
        metadata: links.list(`/topics/${encodeURIComponent(topic_name)}/configs`),
        data: configs.map((config) => presentTopicConfig(links, topic_name, config)),
      };
    });
  }

  /** Topics whose settings the caller may not see are left out. */
  listOfAllTopics(ctx: OpContext, clusterId: string): Promise<TopicConfigList> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const { topics } = await client.metadata();
      const names = topics.filter(({ error }) => !error).map(({ name }) => name);
      const resources = names.toSorted().map((name) => ({ type: 'topic', name }) as const);
      const described = await client.describeConfigs(resources);
      return {
        kind: 'KafkaTopicConfigList',
        metadata: links.list('/topics/-/configs'),
        data: described.flatMap(({ configs, error, name }) =>
          error ? [] : configs.map((config) => presentTopicConfig(links, name, config)),
        ),
      };
    });
  }

  /** What the topic's settings are without its own; the topic need not exist. */
  listDefaultsOfTopic(
    ctx: OpContext,
    { cluster_id, topic_name }: TopicPlace,
  ): Promise<DefaultList> {
    return this.gateway.read(ctx, cluster_id, async ({ client, links }) => ({
      kind: 'KafkaTopicConfigList',
      metadata: links.list(`/topics/${encodeURIComponent(topic_name)}/default-configs`),
      data: (await describeDefaults(client, topic_name)).map((config) =>
        presentDefaultTopicConfig(links, topic_name, config),
      ),
    }));
  }

  getOfTopic(ctx: OpContext, place: TopicPlace & { readonly name: string }): Promise<TopicConfig> {
    const { cluster_id, name, topic_name } = place;
    return this.gateway.read(ctx, cluster_id, async ({ client, links }) => {
      const [config] = await describeSettings(client, { type: 'topic', name: topic_name }, [name]);
      if (!config) throw notFound(`Setting ${name} of topic ${topic_name}`);
      return presentTopicConfig(links, topic_name, config);
    });
  }

  alterOfTopic(ctx: OpContext, place: TopicPlace, alteration: Alteration): Promise<void> {
    const resource = { type: 'topic', name: place.topic_name } as const;
    return alterSettings(this.gateway, ctx, { clusterId: place.cluster_id, resource, alteration });
  }

  listOfCluster(ctx: OpContext, clusterId: string): Promise<ClusterConfigList> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => ({
      kind: 'KafkaClusterConfigList',
      metadata: links.list('/broker-configs'),
      data: (await describeSettings(client, ALL_BROKERS))
        .filter(({ source }) => source === 'default-broker')
        .map((config) => presentClusterConfig(links, config)),
    }));
  }

  /** A setting that nobody made for all brokers is told as one of them has it. */
  getOfCluster(ctx: OpContext, clusterId: string, name: string): Promise<ClusterConfig> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const [own] = await describeSettings(client, ALL_BROKERS, [name]);
      const config = own ?? (await describeOfSomeBroker(client, name));
      if (!config) throw notFound(`Setting ${name} of the cluster`);
      return presentClusterConfig(links, config);
    });
  }

  alterOfCluster(ctx: OpContext, clusterId: string, alteration: Alteration): Promise<void> {
    return alterSettings(this.gateway, ctx, { clusterId, resource: ALL_BROKERS, alteration });
  }
}

async function describeOfSomeBroker(
  client: AdminClient,
  name: string,
): Promise<ConfigEntry | undefined> {
  const { brokers } = await client.metadata([]);
  const [broker] = brokers;
  if (!broker) return undefined;
  const [config] = await describeSettings(client, { type: 'broker', name: String(broker.nodeId) }, [
    name,
  ]);
  return config;
}

/**
 * What a topic's settings are without its own. Of a topic to come it is what creating it would give;
 * so too for settings of a topic that brokers tell no default of. What stays untold is left out.
 */
async function describeDefaults(
  client: AdminClient,
  topicName: string,
): Promise<readonly ConfigEntry[]> {
  const [described] = await client.describeConfigs([{ type: 'topic', name: topicName }]);
  if (isKafkaError(described?.error, 'UNKNOWN_TOPIC_OR_PARTITION')) {
    const [created] = await client.createTopics([{ name: topicName }], { validateOnly: true });
    if (created?.error) throw created.error;
    return created?.configs ?? [];
  }
  if (!described || described.error)
    throw described?.error ?? notFound(`Topic ${topicName}`, 'topic');
  const defaults = described.configs.map(findDefault);
  if (!defaults.includes(undefined)) return defaults.filter((config) => config !== undefined);
  const name = `${topicName.slice(0, NAME_KEPT_CHARS)}-defaults`;
  const [created] = await client.createTopics([{ name }], { validateOnly: true });
  const further = new Map(created?.configs.map((config) => [config.name, config]));
  return described.configs.flatMap((config, index) => {
    const found = defaults[index] ?? further.get(config.name);
    return found ? [found] : [];
  });
}

function findDefault(config: ConfigEntry): ConfigEntry | undefined {
  const synonyms = config.synonyms.filter(({ source }) => source !== 'topic');
  if (config.source !== 'topic') return { ...config, synonyms };
  const [inherited] = synonyms;
  return inherited && { ...config, value: inherited.value, source: inherited.source, synonyms };
}

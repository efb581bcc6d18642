import { Injectable } from '@nestjs/common';
import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { AdminClient, BrokerInfo } from '@weirhouse/kafka-client';
import type { OpContext } from '../auth/op-context.ts';
import { presentBroker, presentReplica } from './brokers.presenter.ts';
import { presentBrokerConfig } from './configs.presenter.ts';
import { notFound } from './kafka-failures.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { alterSettings, describeSettings, type Alteration } from './settings.ts';

interface BrokerPlace {
  readonly cluster_id: string;
  readonly broker_id: number;
}

type Output<Key extends keyof typeof routes> = Promise<RouteOutput<(typeof routes)[Key]>>;

/** Use cases of brokers and of the settings of single ones. */
@Injectable()
export class BrokersService {
  constructor(private readonly gateway: KafkaGateway) {}

  list(ctx: OpContext, clusterId: string): Output<'listBrokers'> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => ({
      kind: 'KafkaBrokerList',
      metadata: links.list('/brokers'),
      data: (await brokersOf(client)).map((broker) => presentBroker(links, broker)),
    }));
  }

  get(ctx: OpContext, place: BrokerPlace): Output<'getBroker'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) =>
      presentBroker(links, await requireBroker(client, place.broker_id)),
    );
  }

  /** Of topics that the caller may describe; others are left out. */
  listReplicas(ctx: OpContext, place: BrokerPlace): Output<'listBrokerReplicas'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { brokers, topics } = await client.metadata();
      const { nodeId } = brokerAmong(brokers, place.broker_id);
      return {
        kind: 'KafkaReplicaList',
        metadata: links.list(`/brokers/${nodeId}/partition-replicas`),
        data: topics
          .filter(({ error }) => error === undefined)
          .toSorted((a, b) => (a.name < b.name ? -1 : 1))
          .flatMap(({ name, partitions }) =>
            partitions
              .filter(({ replicas }) => replicas.includes(nodeId))
              .toSorted((a, b) => a.index - b.index)
              .map((partition) => presentReplica(links, { topic: name, partition }, nodeId)),
          ),
      };
    });
  }

  listAllConfigs(ctx: OpContext, clusterId: string): Output<'listAllBrokerConfigs'> {
    return this.gateway.read(ctx, clusterId, async ({ client, links }) => {
      const data = [];
      for (const { nodeId } of await brokersOf(client)) {
        const configs = await describeSettings(client, { type: 'broker', name: String(nodeId) });
        data.push(...configs.map((config) => presentBrokerConfig(links, nodeId, config)));
      }
      return {
        kind: 'KafkaBrokerConfigList',
        metadata: links.list('/brokers/-/configs'),
        data,
      };
    });
  }

  listConfigs(ctx: OpContext, place: BrokerPlace): Output<'listBrokerConfigs'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { nodeId } = await requireBroker(client, place.broker_id);
      const configs = await describeSettings(client, { type: 'broker', name: String(nodeId) });
      return {
        kind: 'KafkaBrokerConfigList',
        metadata: links.list(`/brokers/${nodeId}/configs`),
        data: configs.map((config) => presentBrokerConfig(links, nodeId, config)),
      };
    });
  }

  getConfig(
    ctx: OpContext,
    place: BrokerPlace & { readonly name: string },
  ): Output<'getBrokerConfig'> {
    return this.gateway.read(ctx, place.cluster_id, async ({ client, links }) => {
      const { nodeId } = await requireBroker(client, place.broker_id);
      const resource = { type: 'broker', name: String(nodeId) } as const;
      const [config] = await describeSettings(client, resource, [place.name]);
      if (!config) throw notFound(`Setting ${place.name} of broker ${nodeId}`);
      return presentBrokerConfig(links, nodeId, config);
    });
  }

  alterConfigs(ctx: OpContext, place: BrokerPlace, alteration: Alteration): Promise<void> {
    const { broker_id, cluster_id: clusterId } = place;
    const resource = { type: 'broker', name: String(broker_id) } as const;
    return alterSettings(this.gateway, ctx, { clusterId, resource, alteration });
  }
}

async function brokersOf(client: AdminClient): Promise<readonly BrokerInfo[]> {
  const { brokers } = await client.metadata([]);
  return brokers.toSorted((a, b) => a.nodeId - b.nodeId);
}

async function requireBroker(client: AdminClient, id: number): Promise<BrokerInfo> {
  return brokerAmong(await brokersOf(client), id);
}

function brokerAmong(brokers: readonly BrokerInfo[], id: number): BrokerInfo {
  const broker = brokers.find(({ nodeId }) => nodeId === id);
  if (!broker) throw notFound(`Broker ${id}`);
  return broker;
}

import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import type { KafkaLinks } from './kafka-links.ts';

/** kafka/v3: the clusters themselves. */
@Controller()
export class KafkaClusterController {
  constructor(
    private readonly gateway: KafkaGateway,
    private readonly address: ApiAddress,
  ) {}

  /** Which broker is the controller is told by the cluster itself only. */
  @Implements(routes.listKafkaClusters)
  async list(@Context() ctx: OpContext): Promise<RouteOutput<typeof routes.listKafkaClusters>> {
    const clusters = await this.gateway.list(ctx);
    return {
      kind: 'KafkaClusterList',
      metadata: { self: this.address.link('/kafka/v3/clusters'), next: null },
      data: clusters
        .toSorted((a, b) => (a.clusterId < b.clusterId ? -1 : 1))
        .map((links) => presentCluster(links)),
    };
  }

  @Implements(routes.getKafkaCluster)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getKafkaCluster>,
  ): Promise<RouteOutput<typeof routes.getKafkaCluster>> {
    return this.gateway.read(ctx, params.cluster_id, async ({ client, links }) => {
      const { controllerId } = await client.describeCluster();
      const controller = links.related(`/brokers/${controllerId}`);
      return { ...presentCluster(links), ...(controllerId < 0 ? {} : { controller }) };
    });
  }
}

function presentCluster(links: KafkaLinks): RouteOutput<typeof routes.getKafkaCluster> {
  return {
    kind: 'KafkaCluster',
    metadata: links.object(),
    cluster_id: links.clusterId,
    acls: links.related('/acls'),
    brokers: links.related('/brokers'),
    broker_configs: links.related('/broker-configs'),
    consumer_groups: links.related('/consumer-groups'),
    topics: links.related('/topics'),
    partition_reassignments: links.related('/topics/-/partitions/-/reassignment'),
  };
}

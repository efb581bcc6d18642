import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { KafkaGateway } from './kafka-gateway.ts';

/** kafka/v3: the cluster itself. */
@Controller()
export class KafkaClusterController {
  constructor(private readonly gateway: KafkaGateway) {}

  @Implements(routes.getKafkaCluster)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getKafkaCluster>,
  ): Promise<RouteOutput<typeof routes.getKafkaCluster>> {
    return this.gateway.read(ctx, params.cluster_id, async ({ client, links }) => {
      const { controllerId } = await client.describeCluster();
      const controller = links.related(`/brokers/${controllerId}`);
      return {
        kind: 'KafkaCluster',
        metadata: links.object(),
        cluster_id: links.clusterId,
        ...(controllerId < 0 ? {} : { controller }),
        acls: links.related('/acls'),
        brokers: links.related('/brokers'),
        broker_configs: links.related('/broker-configs'),
        consumer_groups: links.related('/consumer-groups'),
        topics: links.related('/topics'),
        partition_reassignments: links.related('/topics/-/partitions/-/reassignment'),
      };
    });
  }
}

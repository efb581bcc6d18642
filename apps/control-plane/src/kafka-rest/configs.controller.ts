import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { ConfigsService } from './configs.service.ts';

/** kafka/v3 settings of topics. */
@Controller()
export class TopicConfigsController {
  constructor(private readonly configs: ConfigsService) {}

  @Implements(routes.listTopicConfigs)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listTopicConfigs>,
  ): Promise<RouteOutput<typeof routes.listTopicConfigs>> {
    return this.configs.listOfTopic(ctx, params);
  }

  @Implements(routes.listAllTopicConfigs)
  async listAll(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listAllTopicConfigs>,
  ): Promise<RouteOutput<typeof routes.listAllTopicConfigs>> {
    return this.configs.listOfAllTopics(ctx, params.cluster_id);
  }

  @Implements(routes.listDefaultTopicConfigs)
  async listDefaults(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listDefaultTopicConfigs>,
  ): Promise<RouteOutput<typeof routes.listDefaultTopicConfigs>> {
    return this.configs.listDefaultsOfTopic(ctx, params);
  }

  @Implements(routes.alterTopicConfigs)
  async alter(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.alterTopicConfigs>,
  ): Promise<undefined> {
    await this.configs.alterOfTopic(ctx, params, body);
  }

  @Implements(routes.getTopicConfig)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getTopicConfig>,
  ): Promise<RouteOutput<typeof routes.getTopicConfig>> {
    return this.configs.getOfTopic(ctx, params);
  }

  @Implements(routes.updateTopicConfig)
  async update(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.updateTopicConfig>,
  ): Promise<undefined> {
    const { name } = params;
    await this.configs.alterOfTopic(ctx, params, { data: [{ name, value: body.value }] });
  }

  @Implements(routes.deleteTopicConfig)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.deleteTopicConfig>,
  ): Promise<undefined> {
    const { name } = params;
    await this.configs.alterOfTopic(ctx, params, { data: [{ name, operation: 'DELETE' }] });
  }
}

/** kafka/v3 settings of all brokers of a cluster. */
@Controller()
export class ClusterConfigsController {
  constructor(private readonly configs: ConfigsService) {}

  @Implements(routes.listClusterConfigs)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listClusterConfigs>,
  ): Promise<RouteOutput<typeof routes.listClusterConfigs>> {
    return this.configs.listOfCluster(ctx, params.cluster_id);
  }

  @Implements(routes.alterClusterConfigs)
  async alter(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.alterClusterConfigs>,
  ): Promise<undefined> {
    await this.configs.alterOfCluster(ctx, params.cluster_id, body);
  }

  @Implements(routes.getClusterConfig)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getClusterConfig>,
  ): Promise<RouteOutput<typeof routes.getClusterConfig>> {
    return this.configs.getOfCluster(ctx, params.cluster_id, params.name);
  }

  @Implements(routes.updateClusterConfig)
  async update(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.updateClusterConfig>,
  ): Promise<undefined> {
    const data = [{ name: params.name, value: body.value }];
    await this.configs.alterOfCluster(ctx, params.cluster_id, { data });
  }

  @Implements(routes.deleteClusterConfig)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.deleteClusterConfig>,
  ): Promise<undefined> {
    const data = [{ name: params.name, operation: 'DELETE' as const }];
    await this.configs.alterOfCluster(ctx, params.cluster_id, { data });
  }
}

import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { BrokersService } from './brokers.service.ts';

/** kafka/v3 brokers. */
@Controller()
export class BrokersController {
  constructor(private readonly brokers: BrokersService) {}

  @Implements(routes.listBrokers)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listBrokers>,
  ): Promise<RouteOutput<typeof routes.listBrokers>> {
    return this.brokers.list(ctx, params.cluster_id);
  }

  @Implements(routes.getBroker)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getBroker>,
  ): Promise<RouteOutput<typeof routes.getBroker>> {
    return this.brokers.get(ctx, params);
  }

  @Implements(routes.listBrokerReplicas)
  async listReplicas(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listBrokerReplicas>,
  ): Promise<RouteOutput<typeof routes.listBrokerReplicas>> {
    return this.brokers.listReplicas(ctx, params);
  }
}

/** kafka/v3 settings of single brokers. */
@Controller()
export class BrokerConfigsController {
  constructor(private readonly brokers: BrokersService) {}

  @Implements(routes.listAllBrokerConfigs)
  async listAll(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listAllBrokerConfigs>,
  ): Promise<RouteOutput<typeof routes.listAllBrokerConfigs>> {
    return this.brokers.listAllConfigs(ctx, params.cluster_id);
  }

  @Implements(routes.listBrokerConfigs)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listBrokerConfigs>,
  ): Promise<RouteOutput<typeof routes.listBrokerConfigs>> {
    return this.brokers.listConfigs(ctx, params);
  }

  @Implements(routes.alterBrokerConfigs)
  async alter(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.alterBrokerConfigs>,
  ): Promise<undefined> {
    await this.brokers.alterConfigs(ctx, params, body);
  }

  @Implements(routes.getBrokerConfig)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getBrokerConfig>,
  ): Promise<RouteOutput<typeof routes.getBrokerConfig>> {
    return this.brokers.getConfig(ctx, params);
  }

  @Implements(routes.updateBrokerConfig)
  async update(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.updateBrokerConfig>,
  ): Promise<undefined> {
    const { name } = params;
    await this.brokers.alterConfigs(ctx, params, { data: [{ name, value: body.value }] });
  }

  @Implements(routes.deleteBrokerConfig)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.deleteBrokerConfig>,
  ): Promise<undefined> {
    const { name } = params;
    await this.brokers.alterConfigs(ctx, params, { data: [{ name, operation: 'DELETE' }] });
  }
}

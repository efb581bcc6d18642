import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { ConsumerGroupsService } from './consumer-groups.service.ts';

/** kafka/v3 consumer groups. */
@Controller()
export class ConsumerGroupsController {
  constructor(private readonly groups: ConsumerGroupsService) {}

  @Implements(routes.listConsumerGroups)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listConsumerGroups>,
  ): Promise<RouteOutput<typeof routes.listConsumerGroups>> {
    return this.groups.list(ctx, params.cluster_id);
  }

  @Implements(routes.getConsumerGroup)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getConsumerGroup>,
  ): Promise<RouteOutput<typeof routes.getConsumerGroup>> {
    return this.groups.get(ctx, params);
  }

  @Implements(routes.listConsumers)
  async listConsumers(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listConsumers>,
  ): Promise<RouteOutput<typeof routes.listConsumers>> {
    return this.groups.listConsumers(ctx, params);
  }

  @Implements(routes.getConsumer)
  async getConsumer(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getConsumer>,
  ): Promise<RouteOutput<typeof routes.getConsumer>> {
    return this.groups.getConsumer(ctx, params);
  }

  @Implements(routes.listConsumerAssignments)
  async listAssignments(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listConsumerAssignments>,
  ): Promise<RouteOutput<typeof routes.listConsumerAssignments>> {
    return this.groups.listAssignments(ctx, params);
  }

  @Implements(routes.listConsumerLags)
  async listLags(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listConsumerLags>,
  ): Promise<RouteOutput<typeof routes.listConsumerLags>> {
    return this.groups.listLags(ctx, params);
  }

  @Implements(routes.getConsumerLag)
  async getLag(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getConsumerLag>,
  ): Promise<RouteOutput<typeof routes.getConsumerLag>> {
    return this.groups.getLag(ctx, params);
  }

  @Implements(routes.getConsumerGroupLagSummary)
  async getLagSummary(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getConsumerGroupLagSummary>,
  ): Promise<RouteOutput<typeof routes.getConsumerGroupLagSummary>> {
    return this.groups.getLagSummary(ctx, params);
  }
}

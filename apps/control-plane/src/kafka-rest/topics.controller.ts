import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { TopicsService } from './topics.service.ts';

/** kafka/v3 topics and partitions. */
@Controller()
export class TopicsController {
  constructor(private readonly topics: TopicsService) {}

  @Implements(routes.listTopics)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listTopics>,
  ): Promise<RouteOutput<typeof routes.listTopics>> {
    return this.topics.list(ctx, params.cluster_id);
  }

  @Implements(routes.createTopic)
  async create(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.createTopic>,
  ): Promise<RouteOutput<typeof routes.createTopic>> {
    return this.topics.create(ctx, params.cluster_id, body);
  }

  @Implements(routes.getTopic)
  async get(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<typeof routes.getTopic>,
  ): Promise<RouteOutput<typeof routes.getTopic>> {
    return this.topics.get(ctx, params, query.include_authorized_operations === 'true');
  }

  @Implements(routes.updateTopic)
  async update(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<typeof routes.updateTopic>,
  ): Promise<RouteOutput<typeof routes.updateTopic>> {
    return this.topics.addPartitions(ctx, params, body.partitions_count);
  }

  @Implements(routes.deleteTopic)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.deleteTopic>,
  ): Promise<undefined> {
    await this.topics.delete(ctx, params);
  }

  @Implements(routes.listPartitions)
  async listPartitions(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listPartitions>,
  ): Promise<RouteOutput<typeof routes.listPartitions>> {
    return this.topics.listPartitions(ctx, params);
  }

  @Implements(routes.getPartition)
  async getPartition(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getPartition>,
  ): Promise<RouteOutput<typeof routes.getPartition>> {
    return this.topics.getPartition(ctx, params);
  }
}

import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { ReplicasService } from './replicas.service.ts';

/** kafka/v3 replicas of partitions, and those that are being moved. */
@Controller()
export class ReplicasController {
  constructor(private readonly replicas: ReplicasService) {}

  @Implements(routes.listReplicas)
  async list(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listReplicas>,
  ): Promise<RouteOutput<typeof routes.listReplicas>> {
    return this.replicas.list(ctx, params);
  }

  @Implements(routes.getReplica)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getReplica>,
  ): Promise<RouteOutput<typeof routes.getReplica>> {
    return this.replicas.get(ctx, params);
  }

  @Implements(routes.listAllReassignments)
  async listAllReassignments(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listAllReassignments>,
  ): Promise<RouteOutput<typeof routes.listAllReassignments>> {
    return this.replicas.listReassignments(ctx, params.cluster_id);
  }

  @Implements(routes.listTopicReassignments)
  async listTopicReassignments(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.listTopicReassignments>,
  ): Promise<RouteOutput<typeof routes.listTopicReassignments>> {
    return this.replicas.listReassignments(ctx, params.cluster_id, params.topic_name);
  }

  @Implements(routes.getReassignment)
  async getReassignment(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<typeof routes.getReassignment>,
  ): Promise<RouteOutput<typeof routes.getReassignment>> {
    return this.replicas.getReassignment(ctx, params);
  }
}

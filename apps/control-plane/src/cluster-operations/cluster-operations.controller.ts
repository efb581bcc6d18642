import { Controller } from '@nestjs/common';
import { routePath, routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import {
  presentLimits,
  presentOperation,
  presentPreview,
  presentState,
} from './cluster-operations.presenter.ts';
import { ClusterOperationsService } from './cluster-operations.service.ts';

type Routes = typeof routes;

/** Our own routes on clusters. */
@Controller()
export class ClusterOperationsController {
  constructor(
    private readonly operations: ClusterOperationsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.planClusterCreation)
  async planCreation(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['planClusterCreation']>,
  ): Promise<RouteOutput<Routes['planClusterCreation']>> {
    return presentPreview(await this.operations.previewCreation(ctx, body.spec));
  }

  @Implements(routes.planClusterChange)
  async planChange(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<Routes['planClusterChange']>,
  ): Promise<RouteOutput<Routes['planClusterChange']>> {
    return presentPreview(await this.operations.previewChange(ctx, params.id, body));
  }

  @Implements(routes.getClusterState)
  async getState(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getClusterState']>,
  ): Promise<RouteOutput<Routes['getClusterState']>> {
    return presentState(await this.operations.getState(ctx, params.id));
  }

  @Implements(routes.updateClusterState)
  async updateState(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<Routes['updateClusterState']>,
  ): Promise<RouteOutput<Routes['updateClusterState']>> {
    const window = body.maintenance_window;
    const maintenance = window && {
      days: window.days,
      startMinute: window.start_minute,
      durationMinutes: window.duration_minutes,
    };
    const change = { maintenance, driftPolicy: body.drift_policy };
    return presentState(await this.operations.setCare(ctx, params.id, change));
  }

  @Implements(routes.pauseCluster)
  async pause(
    @Context() ctx: OpContext,
    @Input() { body, params }: RouteInput<Routes['pauseCluster']>,
  ): Promise<RouteOutput<Routes['pauseCluster']>> {
    return presentState(await this.operations.pause(ctx, params.id, body.reason));
  }

  @Implements(routes.resumeCluster)
  async resume(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['resumeCluster']>,
  ): Promise<RouteOutput<Routes['resumeCluster']>> {
    return presentState(await this.operations.resume(ctx, params.id));
  }

  @Implements(routes.getClusterLimits)
  async getLimits(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getClusterLimits']>,
  ): Promise<RouteOutput<Routes['getClusterLimits']>> {
    return presentLimits(await this.operations.getLimits(ctx, params.id));
  }

  @Implements(routes.listClusterOperations)
  async list(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['listClusterOperations']>,
  ): Promise<RouteOutput<Routes['listClusterOperations']>> {
    const { address } = this;
    const page = await this.operations.list(ctx, params.id, pageRequest(query));
    const listed = presentList({
      address,
      path: routePath(routes.listClusterOperations, params),
      query,
      page,
      present: (row) => presentOperation(row, address),
    });
    return { api_version: 'v1', kind: 'ClusterOperationList', ...listed };
  }

  @Implements(routes.getClusterOperation)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getClusterOperation']>,
  ): Promise<RouteOutput<Routes['getClusterOperation']>> {
    return presentOperation(await this.operations.get(ctx, params.id), this.address);
  }
}

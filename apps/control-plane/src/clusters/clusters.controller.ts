import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { presentCluster } from './clusters.presenter.ts';
import { ClustersService } from './clusters.service.ts';

type Routes = typeof routes;

/** cmk/v2 clusters. */
@Controller()
export class ClustersController {
  constructor(
    private readonly clusters: ClustersService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listClusters)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listClusters']>,
  ): Promise<RouteOutput<Routes['listClusters']>> {
    const page = await this.clusters.list(ctx, query, pageRequest(query));
    const { address } = this;
    const present = presentList({
      address,
      path: routes.listClusters.path,
      query,
      page,
      present: (row) => presentCluster(row, address),
    });
    return { api_version: 'cmk/v2', kind: 'ClusterList', ...present };
  }

  @Implements(routes.createCluster)
  async create(
    @Context() ctx: OpContext,
    @Input() { body: { spec } }: RouteInput<Routes['createCluster']>,
  ): Promise<RouteOutput<Routes['createCluster']>> {
    const cluster = await this.clusters.create(ctx, spec);
    return presentCluster(cluster, this.address);
  }

  @Implements(routes.getCluster)
  async get(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['getCluster']>,
  ): Promise<RouteOutput<Routes['getCluster']>> {
    const cluster = await this.clusters.get(ctx, query.environment, params.id);
    return presentCluster(cluster, this.address);
  }

  @Implements(routes.updateCluster)
  async update(
    @Context() ctx: OpContext,
    @Input() { params, body: { spec } }: RouteInput<Routes['updateCluster']>,
  ): Promise<RouteOutput<Routes['updateCluster']>> {
    return presentCluster(await this.clusters.update(ctx, params.id, spec), this.address);
  }

  @Implements(routes.deleteCluster)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['deleteCluster']>,
  ): Promise<undefined> {
    await this.clusters.delete(ctx, query.environment, params.id);
    return undefined;
  }
}

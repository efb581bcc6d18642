import { Controller } from '@nestjs/common';
import { routePath, routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import { CLUSTER_FIELD, METRICS } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { MetricsService } from './metrics.service.ts';
import {
  cutOffsets,
  presentMetric,
  presentPoints,
  RESOURCES,
  type Cut,
} from './metrics.presenter.ts';

type Routes = typeof routes;

/** metrics/v2. There is one set of metrics, `cloud`. */
@Controller()
export class MetricsController {
  constructor(
    private readonly metrics: MetricsService,
    private readonly address: ApiAddress,
  ) {}

  @Implements(routes.listMetricDescriptors)
  async listMetrics(
    @Context() _ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['listMetricDescriptors']>,
  ): Promise<RouteOutput<Routes['listMetricDescriptors']>> {
    requireDataset(params.dataset);
    const isKafka = query.resource_type === undefined || query.resource_type === 'kafka';
    const cut = cutOffsets(isKafka ? METRICS : [], query.page_size, query.page_token);
    const links = this.#links(routePath(routes.listMetricDescriptors, params), query, cut);
    return { data: cut.rows.map(presentMetric), meta: metaOf(cut), ...links };
  }

  @Implements(routes.listMetricResources)
  async listResources(
    @Context() _ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['listMetricResources']>,
  ): Promise<RouteOutput<Routes['listMetricResources']>> {
    requireDataset(params.dataset);
    const cut = cutOffsets(RESOURCES, query.page_size, query.page_token);
    const links = this.#links(routePath(routes.listMetricResources, params), query, cut);
    return { data: [...cut.rows], meta: metaOf(cut), ...links };
  }

  @Implements(routes.queryMetrics)
  async query(
    @Context() ctx: OpContext,
    @Input() { body, params, query }: RouteInput<Routes['queryMetrics']>,
  ): Promise<RouteOutput<Routes['queryMetrics']>> {
    requireDataset(params.dataset);
    const points = presentPoints(await this.metrics.query(ctx, body), body.format);
    const cut = cutOffsets(points, body.limit, query.page_token);
    return { data: [...cut.rows], meta: metaOf(cut) };
  }

  @Implements(routes.listMetricAttributes)
  async attributes(
    @Context() ctx: OpContext,
    @Input() { body, params, query }: RouteInput<Routes['listMetricAttributes']>,
  ): Promise<RouteOutput<Routes['listMetricAttributes']>> {
    requireDataset(params.dataset);
    const [field = ''] = body.group_by;
    const cut = cutOffsets(await this.metrics.attributes(ctx, body), body.limit, query.page_token);
    const links = this.#links(routePath(routes.listMetricAttributes, params), {}, cut);
    return { data: cut.rows.map((value) => ({ [field]: value })), meta: metaOf(cut), ...links };
  }

  @Implements(routes.exportMetrics)
  async export(
    @Context() ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['exportMetrics']>,
  ): Promise<RouteOutput<Routes['exportMetrics']>> {
    requireDataset(params.dataset);
    const { [CLUSTER_FIELD]: clusterIds = [], metric, ...others } = query;
    const other = Object.entries(others).find(([, ids]) => ids !== undefined)?.[0];
    if (other !== undefined)
      throw new AppError('invalid_argument', `${other}: there are no such resources here.`, {
        field: other,
      });
    return this.metrics.export(ctx, clusterIds, metric);
  }

  #links(
    path: string,
    query: Readonly<Record<string, string | number | undefined>>,
    { nextToken }: Cut<unknown>,
  ): { readonly links?: { readonly next: string } } {
    if (nextToken === undefined) return {};
    const url = new URL(this.address.link(path));
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    url.searchParams.set('page_token', nextToken);
    return { links: { next: url.href } };
  }
}

function metaOf({ nextToken, rows, total }: Cut<unknown>): {
  readonly pagination: {
    readonly page_size: number;
    readonly total_size: number;
    readonly next_page_token?: string;
  };
} {
  const next = nextToken === undefined ? {} : { next_page_token: nextToken };
  return { pagination: { page_size: rows.length, total_size: total, ...next } };
}

function requireDataset(dataset: string): void {
  if (dataset !== 'cloud')
    throw new AppError('not_found', 'There is no such set of metrics: ask for /v2/metrics/cloud.');
}

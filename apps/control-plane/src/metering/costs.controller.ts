import { Controller, Inject } from '@nestjs/common';
import {
  listMetadata,
  organizationCrn,
  routes,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import { costsOf, type CostItem } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { cutOffsets } from './metrics.presenter.ts';
import { UsageReadsRepository, type ClusterDay } from './usage-reads.repository.ts';

type Routes = typeof routes;
type Cost = RouteOutput<Routes['listCosts']>['data'][number];

const DAY_MS = 86_400_000;
/** Days of one question. */
const DAYS_MAX = 31;
/** How far costs reach back. */
const BACK_DAYS_MAX = 365;

/** billing/v1: costs of metered usage, for those who may see an organization's costs. */
@Controller()
export class CostsController {
  constructor(
    private readonly reads: UsageReadsRepository,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  @Implements(routes.listCosts)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listCosts']>,
  ): Promise<RouteOutput<Routes['listCosts']>> {
    authorize(ctx, 'cost:list', organizationCrn(ctx.organizationId));
    const range = this.#rangeOf(query);
    const days = await this.reads.listDays(ctx.organizationId, range);
    const { prices = {} } = this.ports;
    const costs = days.flatMap((day) => costsOf(day, prices).map((item) => presentCost(day, item)));
    const { nextToken, rows } = cutOffsets(costs, query.page_size, query.page_token);
    const url = new URL(this.address.link(routes.listCosts.path));
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return {
      api_version: 'billing/v1',
      kind: 'CostList',
      metadata: { ...listMetadata(url.href, nextToken), total_size: costs.length },
      data: [...rows],
    };
  }

  /** Throws `invalid_argument` for days that costs are not told of. */
  #rangeOf({ end_date, start_date }: RouteInput<Routes['listCosts']>['query']): {
    readonly fromMs: number;
    readonly untilMs: number;
  } {
    const [fromMs, untilMs] = [Date.parse(start_date), Date.parse(end_date)];
    const nowMs = this.ports.clock.wallMs();
    if (untilMs <= fromMs) throw refuse('end_date', 'must be after start_date: it is left out.');
    if (untilMs - fromMs > DAYS_MAX * DAY_MS)
      throw refuse('end_date', `must be within ${DAYS_MAX} days of start_date.`);
    if (fromMs < nowMs - (BACK_DAYS_MAX + 1) * DAY_MS)
      throw refuse('start_date', `must be within the last ${BACK_DAYS_MAX} days.`);
    return { fromMs, untilMs };
  }
}

function presentCost(
  { clusterId, dayMs, displayName, environmentId }: ClusterDay,
  { amount, line, price, quantity, unit }: CostItem,
): Cost {
  return {
    api_version: 'billing/v1',
    kind: 'Cost',
    id: `${clusterId}-${dateOf(dayMs)}-${line}`,
    start_date: dateOf(dayMs),
    end_date: dateOf(dayMs + DAY_MS),
    granularity: 'DAILY',
    network_access_type: 'INTERNET',
    product: 'KAFKA',
    line_type: line,
    price,
    unit,
    quantity,
    original_amount: amount,
    discount_amount: 0,
    amount,
    resource: {
      id: clusterId,
      display_name: displayName,
      environment: { id: environmentId },
    },
  };
}

function dateOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

function refuse(field: string, reason: string): AppError {
  return new AppError('invalid_argument', `${field} ${reason}`, { field });
}

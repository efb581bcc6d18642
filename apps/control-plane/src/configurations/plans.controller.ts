import { Controller, Inject } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { presentPlan } from './plans.presenter.ts';
import { PlansService } from './plans.service.ts';

type Routes = typeof routes;

/** Plans: what a weir.yaml would change, and doing it. */
@Controller()
export class PlansController {
  constructor(
    private readonly plans: PlansService,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  @Implements(routes.createPlan)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createPlan']>,
  ): Promise<RouteOutput<Routes['createPlan']>> {
    return presentPlan(await this.plans.create(ctx, body), this.#now());
  }

  @Implements(routes.getPlan)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getPlan']>,
  ): Promise<RouteOutput<Routes['getPlan']>> {
    return presentPlan(await this.plans.get(ctx, params.id), this.#now());
  }

  @Implements(routes.applyPlan)
  async apply(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['applyPlan']>,
  ): Promise<RouteOutput<Routes['applyPlan']>> {
    return presentPlan(await this.plans.apply(ctx, params.id), this.#now());
  }

  #now(): { readonly address: ApiAddress; readonly nowMs: number } {
    return { address: this.address, nowMs: this.ports.clock.wallMs() };
  }
}

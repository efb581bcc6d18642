import { Controller } from '@nestjs/common';
import { CLOUDS, routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import { KIND_RULES, type KindRules } from '@weirhouse/cloud-plan';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { RegionCatalogue } from './region-catalogue.ts';

type Routes = typeof routes;
type UsageLimits = RouteOutput<Routes['getUsageLimits']>['usage_limits'];

const MB = 1_000_000;
const GB = 1_000 * MB;

/** What can be had here, as the contract's command line asks for it. */
@Controller()
export class OffersController {
  constructor(private readonly catalogue: RegionCatalogue) {}

  @Implements(routes.getEnvironmentMetadata)
  async environmentMetadata(): Promise<RouteOutput<Routes['getEnvironmentMetadata']>> {
    const regions = this.catalogue.list();
    const clouds = CLOUDS.map((cloud) => ({
      id: cloud.toLowerCase(),
      name: cloud,
      regions: regions
        .filter((region) => region.cloud === cloud)
        .map(({ displayName, name }) => ({ id: name, name: displayName, is_schedulable: true })),
    }));
    return { clouds: clouds.filter((cloud) => cloud.regions.length > 0) };
  }

  /** The same for every cluster: what one may use follows from its kind and size alone. */
  @Implements(routes.getUsageLimits)
  async usageLimits(
    @Context() _ctx: OpContext,
    @Input() _input: RouteInput<Routes['getUsageLimits']>,
  ): Promise<RouteOutput<Routes['getUsageLimits']>> {
    const { Dedicated, ...elastic } = KIND_RULES;
    const tiers = Object.entries(elastic).map(([kind, rules]) => {
      const cluster_limits = { ...limitsOf(rules, 1), max_ecku: { value: rules.unitsMax } };
      return [kind.toUpperCase(), { cluster_limits }] as const;
    });
    const sizes = Array.from({ length: Dedicated.unitsMax }, (_value, index) => {
      const cku = index + 1;
      return [String(cku), limitsOf(Dedicated, cku)] as const;
    });
    const tier_limits = Object.fromEntries(tiers);
    return { usage_limits: { tier_limits, cku_limits: Object.fromEntries(sizes) } };
  }
}

function limitsOf(rules: KindRules, units: number): UsageLimits['cku_limits'][string] {
  const { egressBytesPerSecond, ingressBytesPerSecond, storageBytesMax } = rules;
  return {
    ingress: { unit: 'MBPS', value: (ingressBytesPerSecond * units) / MB },
    egress: { unit: 'MBPS', value: (egressBytesPerSecond * units) / MB },
    storage: {
      unit: 'GB',
      value: (storageBytesMax ?? 0) / GB,
      unlimited: storageBytesMax === undefined,
    },
  };
}

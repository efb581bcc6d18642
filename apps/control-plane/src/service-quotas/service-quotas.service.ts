import { Inject, Injectable } from '@nestjs/common';
import {
  clusterRbacCrn,
  environmentCrn,
  organizationCrn,
  type Page,
} from '@weirhouse/cloud-contract';
import { encodePageToken } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { isQuotaCode, QUOTA_CODES, QUOTAS, type QuotaCode, type QuotaScope } from './catalogue.ts';

/** The objects that a request names. */
export interface QuotaObjects {
  readonly environment?: string | undefined;
  readonly kafka_cluster?: string | undefined;
}

/** A limit as it stands, and how much of it is used when an object was named. */
export interface AppliedQuota {
  readonly code: QuotaCode;
  readonly appliedLimit: number;
  readonly usage: number | undefined;
  readonly environmentId: string | undefined;
  readonly clusterId: string | undefined;
  readonly userId: string | undefined;
}

/** What exists of the named objects, for a caller that may see them. */
interface Place {
  readonly environmentId: string | undefined;
  readonly clusterId: string | undefined;
}

/** Use cases of service quotas: they are only read here; operators set them. */
@Injectable()
export class ServiceQuotasService {
  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** The limits of a scope, by code. Objects that the caller may not see count as not named. */
  async list(
    ctx: OpContext,
    filter: QuotaObjects & { readonly scope: QuotaScope; readonly id?: string | undefined },
    page: PageRequest,
  ): Promise<Page<AppliedQuota>> {
    authorize(ctx, 'service-quota:list', organizationCrn(ctx.organizationId));
    const codes = QUOTA_CODES.filter(
      (code) =>
        QUOTAS[code].scope === filter.scope && (filter.id === undefined || filter.id === code),
    );
    const { rows, nextToken } = pageOf(codes, page);
    return { rows: await this.#applied(ctx, rows, filter), nextToken };
  }

  /** Throws `not_found`. */
  async get(ctx: OpContext, id: string, objects: QuotaObjects): Promise<AppliedQuota> {
    authorize(ctx, 'service-quota:read', organizationCrn(ctx.organizationId));
    const [quota] = isQuotaCode(id) ? await this.#applied(ctx, [id], objects) : [];
    if (quota === undefined) throw new AppError('not_found', `There is no service quota ${id}.`);
    return quota;
  }

  async #applied(
    ctx: OpContext,
    codes: readonly QuotaCode[],
    objects: QuotaObjects,
  ): Promise<readonly AppliedQuota[]> {
    const limits = await this.repositories.serviceQuotas.limits(ctx.organizationId);
    const place = await this.#place(ctx, objects);
    const applied: AppliedQuota[] = [];
    for (const code of codes) {
      const appliedLimit = limits.get(code) ?? QUOTAS[code].defaultLimit;
      const shown = shownPlace(ctx, code, place);
      applied.push({ code, appliedLimit, usage: await this.#usage(ctx, code, shown), ...shown });
    }
    return applied;
  }

  async #usage(
    ctx: OpContext,
    code: QuotaCode,
    place: Omit<AppliedQuota, 'code' | 'appliedLimit' | 'usage'>,
  ): Promise<number | undefined> {
    const { clusterId, environmentId, userId } = place;
    const { organizationId } = ctx;
    const named = { organizationId, environmentId, clusterId, ownerId: userId };
    if (QUOTAS[code].scope !== 'ORGANIZATION' && !(environmentId ?? clusterId ?? userId))
      return undefined;
    return this.repositories.serviceQuotas.usage(code, named, {
      nowMs: this.ports.clock.wallMs(),
    });
  }

  async #place(ctx: OpContext, objects: QuotaObjects): Promise<Place> {
    const { organizationId } = ctx;
    const { clusters, environments } = this.repositories;
    const { environment, kafka_cluster: clusterId } = objects;
    const found = environment && (await environments.find(organizationId, environment));
    const seesEnvironment =
      found && isAllowed(ctx, 'environment:read', environmentCrn(organizationId, found.id));
    const cluster = clusterId ? await clusters.find(organizationId, clusterId) : undefined;
    const seesCluster =
      cluster &&
      isAllowed(ctx, 'cluster:read', clusterRbacCrn({ ...cluster, clusterId: cluster.id }));
    return {
      environmentId: seesEnvironment ? found.id : undefined,
      clusterId: seesCluster ? cluster.id : undefined,
    };
  }
}

/** The object that a quota's scope is about, of those that were named. */
function shownPlace(
  ctx: OpContext,
  code: QuotaCode,
  place: Place,
): Omit<AppliedQuota, 'code' | 'appliedLimit' | 'usage'> {
  const { scope } = QUOTAS[code];
  const isOwn = scope === 'USER_ACCOUNT' && ctx.actor.kind === 'User';
  return {
    environmentId: scope === 'ENVIRONMENT' ? place.environmentId : undefined,
    clusterId: scope === 'KAFKA_CLUSTER' ? place.clusterId : undefined,
    userId: isOwn ? ctx.actor.id : undefined,
  };
}

/** A page of what is listed in the code itself: its token holds the last one's name. */
export function pageOf<Name extends string>(names: readonly Name[], page: PageRequest): Page<Name> {
  const { after } = page;
  const from = after === undefined ? 0 : names.findIndex((name) => name === after.id) + 1;
  const rows = names.slice(from, from + page.pageSize);
  const last = rows.at(-1);
  const hasMore = last !== undefined && last !== names.at(-1);
  return { rows, nextToken: hasMore ? encodePageToken({ createdAtMs: 0, id: last }) : undefined };
}

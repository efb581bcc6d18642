import { Injectable } from '@nestjs/common';
import { clusterCrn, type ClusterPlace } from '@weirhouse/cloud-contract';
import type { AdminClient } from '@weirhouse/kafka-client';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { KafkaAccessRepository, type KafkaAccess } from './kafka-access.repository.ts';
import { KafkaConnections } from './kafka-connections.ts';
import { noSuchCluster, toRestFailure } from './kafka-failures.ts';
import { KafkaLinks } from './kafka-links.ts';

/** A cluster that a caller may see, with what its answers are made of. */
export interface KafkaPlace {
  readonly client: AdminClient;
  readonly links: KafkaLinks;
}

/** What a change says about itself. */
interface KafkaChange {
  /** The route's `auditType`. */
  readonly action: string;
  /** `/topic=t`: what of the cluster was changed; empty = the cluster itself. */
  readonly tail: string;
}

/** The way of every route into a cluster: finds it, logs in as the caller, tells errors as this API does. */
@Injectable()
export class KafkaGateway {
  constructor(
    private readonly repository: KafkaAccessRepository,
    private readonly connections: KafkaConnections,
    private readonly unit: UnitOfWork,
    private readonly address: ApiAddress,
  ) {}

  /** Throws `not_found` for unknown and invisible clusters, `unavailable` when no broker answers. */
  async read<T>(
    ctx: OpContext,
    clusterId: string,
    work: (place: KafkaPlace) => Promise<T>,
  ): Promise<T> {
    const access = await this.#require(ctx, clusterId);
    return this.#use(ctx, access, work);
  }

  /** The clusters that the caller may see; no broker is asked, so one that is down hides none. */
  async list(ctx: OpContext): Promise<readonly KafkaLinks[]> {
    const places = await this.repository.list(ctx.organizationId, ctx.clusterId);
    return places
      .filter((place) => isVisible(ctx, place))
      .map(({ clusterId }) => new KafkaLinks(this.address, clusterId));
  }

  /** As `read`, and notes the change when the broker has made it. */
  async change<T>(
    ctx: OpContext,
    clusterId: string,
    change: KafkaChange,
    work: (place: KafkaPlace) => Promise<T>,
  ): Promise<T> {
    const access = await this.#require(ctx, clusterId);
    const result = await this.#use(ctx, access, work);
    const { action, tail } = change;
    await this.unit.run(ctx, (_, record) =>
      record({ action, resourceCrn: `${clusterCrn(access)}${tail}` }),
    );
    return result;
  }

  async #use<T>(
    ctx: OpContext,
    access: KafkaAccess,
    work: (place: KafkaPlace) => Promise<T>,
  ): Promise<T> {
    if (access.bootstrap.length === 0)
      throw new AppError(
        'unavailable',
        `Cluster ${access.clusterId} has no brokers yet: try again.`,
      );
    const caller = { principal: ctx.actor.name, host: ctx.clientAddress };
    const links = new KafkaLinks(this.address, access.clusterId);
    try {
      return await this.connections.use(access, caller, (client) => work({ client, links }));
    } catch (error) {
      throw toRestFailure(error);
    }
  }

  async #require(ctx: OpContext, clusterId: string): Promise<KafkaAccess> {
    const access = await this.repository.find(ctx.organizationId, clusterId);
    if (access === undefined || !isVisible(ctx, access)) throw noSuchCluster(clusterId);
    return access;
  }
}

/** A key of the cluster sees it whatever the owner's roles: ACLs may be all that it has. */
function isVisible(ctx: OpContext, place: ClusterPlace): boolean {
  return ctx.clusterId === place.clusterId || isAllowed(ctx, 'cluster:read', clusterCrn(place));
}

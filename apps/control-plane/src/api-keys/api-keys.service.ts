import { Inject, Injectable } from '@nestjs/common';
import {
  apiKeyCrn,
  clusterRbacCrn,
  newApiKeyId,
  newApiSecret,
  organizationCrn,
  type Page,
} from '@weirhouse/cloud-contract';
import { grantedPlaces, includesGrant } from '@weirhouse/cloud-plan';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import { GrantsReader } from '../auth/grants-reader.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import type { Transaction } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { hashApiSecret } from '../secrets/api-secret.ts';
import { deriveScramVerifiers, sealScramVerifiers } from '../secrets/scram.ts';
import { apiKeyTarget, keyQuotas, type ResourceWish } from './api-keys.policy.ts';
import type {
  ApiKey,
  ApiKeyFilter,
  ApiKeyOwner,
  ApiKeyResource,
  VisibleKeys,
} from './api-keys.repository.ts';

/** What a person asks for. */
export interface NewApiKey {
  readonly displayName: string;
  readonly description: string;
  readonly ownerId: string;
  /** Undefined = whatever the owner is. */
  readonly ownerKind?: ApiKeyOwner['kind'] | undefined;
  /** Undefined = a Cloud key. */
  readonly resource: ResourceWish | undefined;
}

/** Use cases of API keys. The secret leaves this class once and is stored nowhere. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly grants: GrantsReader,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** One's own, and those that roles show. */
  list(ctx: OpContext, page: PageRequest, filter: ApiKeyFilter): Promise<Page<ApiKey>> {
    const visible = visibleKeys(ctx);
    return this.repositories.apiKeys.list(ctx.organizationId, page, { ...filter, visible });
  }

  /** Throws `not_found`, also for another organization's key. */
  async get(ctx: OpContext, id: string): Promise<ApiKey> {
    const key = await this.repositories.apiKeys.find(ctx.organizationId, id);
    if (key === undefined || !isVisible(ctx, key)) throw noSuchKey(id);
    return key;
  }

  /** Makes a key; `secret` is the only copy there will ever be. */
  async create(
    ctx: OpContext,
    wish: NewApiKey,
  ): Promise<{ readonly key: ApiKey; readonly secret: Secret }> {
    const resource = await this.#resource(ctx, wish.resource);
    // Users make keys for themselves as they like: a key never opens more than its owner may.
    const isOwnUser = ctx.actor.kind === 'User' && wish.ownerId === ctx.actor.id;
    if (!isOwnUser) authorize(ctx, 'api-key:create', scopeOf(ctx, resource));
    const owner = await this.#owner(ctx, wish);
    if (resource.kind !== 'Cluster') await this.#requireNoMore(ctx, owner);
    const secret = newApiSecret(this.ports.random);
    // Derived before the transaction: it takes milliseconds of another thread.
    const verifiers = resource.kind === 'Cluster' ? await deriveScramVerifiers(secret) : undefined;
    const nowMs = this.ports.clock.wallMs();
    const key = await withFreshId(
      () => newApiKeyId(this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const { organizationId } = ctx;
          await this.#keepOwner(tx, ctx, owner);
          const { displayName, description } = wish;
          const times = { createdAtMs: nowMs, updatedAtMs: nowMs };
          const made = { id, organizationId, owner, resource, displayName, description, ...times };
          await this.unit.quotas.requireRoom(tx, { ctx, ...keyQuotas(owner, resource) });
          await this.repositories.apiKeys.insert(tx, made, {
            secretHash: hashApiSecret(this.ports.masterKey, id, secret),
            scramEncrypted: verifiers && sealScramVerifiers(this.ports.masterKey, verifiers, id),
          });
          await record({
            action: 'CreateAPIKey',
            resourceCrn: apiKeyCrn(organizationId, id),
            clusterIds: clusterIdsOf(made),
          });
          return made;
        }),
    );
    return { key, secret: new Secret(secret) };
  }

  async update(
    ctx: OpContext,
    id: string,
    fields: { readonly displayName?: string; readonly description?: string },
  ): Promise<ApiKey> {
    const current = await this.get(ctx, id);
    if (!isOwn(ctx, current)) authorize(ctx, 'api-key:update', scopeOf(ctx, current.resource));
    const updated = { ...current, ...fields, updatedAtMs: this.ports.clock.wallMs() };
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.apiKeys.update(tx, updated))) throw noSuchKey(id);
      await record({ action: 'UpdateAPIKey', resourceCrn: apiKeyCrn(ctx.organizationId, id) });
      return updated;
    });
  }

  /** From here on the key opens nothing on REST; brokers forget a cluster key soon after. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    const key = await this.get(ctx, id);
    if (!isOwn(ctx, key)) authorize(ctx, 'api-key:delete', scopeOf(ctx, key.resource));
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.apiKeys.delete(tx, key, this.ports.clock.wallMs())))
        throw noSuchKey(id);
      await record({
        action: 'DeleteAPIKey',
        resourceCrn: apiKeyCrn(ctx.organizationId, id),
        clusterIds: clusterIdsOf(key),
      });
    });
  }

  /** A key acts as its owner: made for somebody who may more, it would hand that to its maker. */
  async #requireNoMore(ctx: OpContext, owner: ApiKeyOwner): Promise<void> {
    if (ctx.credential === 'system' || owner.id === ctx.actor.id) return;
    const { organizationId } = ctx;
    const owned = await this.grants.of({ organizationId, actor: { name: `User:${owner.id}` } });
    if (owned.every((grant) => includesGrant(ctx.grants, grant))) return;
    throw new AppError(
      'forbidden',
      `${ctx.actor.name} may not make a key for ${owner.id}, which has roles that ${ctx.actor.name} has not.`,
    );
  }

  /** A user or an account deleted since it was looked up would leave a key that nobody owns. */
  async #keepOwner(tx: Transaction, ctx: OpContext, owner: ApiKeyOwner): Promise<void> {
    const { serviceAccounts, users } = this.repositories;
    const owners = owner.kind === 'User' ? users : serviceAccounts;
    if (!(await owners.keep(tx, ctx.organizationId, owner.id)))
      throw noSuchOwner(owner.id, owner.kind);
  }

  async #owner(ctx: OpContext, wish: NewApiKey): Promise<ApiKeyOwner> {
    const { organizationId } = ctx;
    const { ownerId: id, ownerKind } = wish;
    const { serviceAccounts, users } = this.repositories;
    if (ownerKind !== 'User' && (await serviceAccounts.find(organizationId, id)) !== undefined)
      return { kind: 'ServiceAccount', id };
    if (ownerKind !== 'ServiceAccount' && (await users.find(organizationId, id)) !== undefined)
      return { kind: 'User', id };
    throw noSuchOwner(id, ownerKind);
  }

  async #resource(ctx: OpContext, wish: ResourceWish | undefined): Promise<ApiKeyResource> {
    const target = apiKeyTarget(wish);
    if (target.kind !== 'Cluster') return target;
    const { clusterId } = target;
    const { organizationId } = ctx;
    const cluster = await this.repositories.clusters.find(organizationId, clusterId);
    const crn = clusterRbacCrn({ environmentId: '', ...cluster, organizationId, clusterId });
    if (cluster === undefined || !isAllowed(ctx, 'cluster:read', crn)) {
      throw new AppError('invalid_argument', `There is no Kafka cluster ${clusterId}.`, {
        field: '/spec/resource/id',
      });
    }
    if (cluster.isDeleting)
      throw new AppError('failed_precondition', `Kafka cluster ${clusterId} is being deleted.`);
    return { kind: 'Cluster', clusterId, environmentId: cluster.environmentId };
  }
}

/** What must be allowed to somebody for a key: its cluster, or the whole organization. */
function scopeOf({ organizationId }: OpContext, resource: ApiKeyResource): string {
  return resource.kind === 'Cluster'
    ? clusterRbacCrn({ organizationId, ...resource })
    : organizationCrn(organizationId);
}

function isOwn(ctx: OpContext, key: ApiKey): boolean {
  return key.owner.id === ctx.actor.id;
}

function isVisible(ctx: OpContext, key: ApiKey): boolean {
  return isOwn(ctx, key) || isAllowed(ctx, 'api-key:read', scopeOf(ctx, key.resource));
}

/** Undefined = every key of the organization. */
function visibleKeys(ctx: OpContext): VisibleKeys | undefined {
  if (isAllowed(ctx, 'api-key:list', organizationCrn(ctx.organizationId))) return undefined;
  const places = grantedPlaces(ctx.grants, 'api-key:list');
  const valuesOf = (steps: number): readonly string[] =>
    places.filter((path) => path.length === steps).map((path) => path.at(-1)?.value ?? '');
  return { ownerId: ctx.actor.id, environmentIds: valuesOf(2), clusterIds: valuesOf(3) };
}

function clusterIdsOf(key: ApiKey): readonly string[] {
  return key.resource.kind === 'Cluster' ? [key.resource.clusterId] : [];
}

function noSuchOwner(id: string, kind: ApiKeyOwner['kind'] | undefined): AppError {
  const what =
    kind === undefined ? 'service account or user' : kind === 'User' ? 'user' : 'service account';
  return new AppError('invalid_argument', `There is no ${what} ${id}.`, {
    field: '/spec/owner/id',
  });
}

function noSuchKey(id: string): AppError {
  return new AppError('not_found', `There is no API key ${id}.`);
}

import { Inject, Injectable } from '@nestjs/common';
import {
  apiKeyCrn,
  findIdPrefix,
  newApiKeyId,
  newApiSecret,
  type Page,
} from '@weirhouse/cloud-contract';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { OpContext } from '../auth/op-context.ts';
import { withFreshId } from '../database/fresh-id.ts';
import type { Transaction } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { hashApiSecret } from '../secrets/api-secret.ts';
import { deriveScramVerifiers, sealScramVerifiers } from '../secrets/scram.ts';
import type { ApiKey, ApiKeyFilter, ApiKeyOwner, ApiKeyResource } from './api-keys.repository.ts';

/** What a person asks for. */
export interface NewApiKey {
  readonly displayName: string;
  readonly description: string;
  readonly ownerId: string;
  /** Undefined = a Cloud key. */
  readonly resourceId: string | undefined;
}

/** Use cases of API keys. The secret leaves this class once and is stored nowhere. */
@Injectable()
export class ApiKeysService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  list(ctx: OpContext, page: PageRequest, filter: ApiKeyFilter): Promise<Page<ApiKey>> {
    return this.repositories.apiKeys.list(ctx.organizationId, page, filter);
  }

  /** Throws `not_found`, also for another organization's key. */
  async get(ctx: OpContext, id: string): Promise<ApiKey> {
    const key = await this.repositories.apiKeys.find(ctx.organizationId, id);
    if (key === undefined) throw noSuchKey(id);
    return key;
  }

  /** Makes a key; `secret` is the only copy there will ever be. */
  async create(
    ctx: OpContext,
    wish: NewApiKey,
  ): Promise<{ readonly key: ApiKey; readonly secret: Secret }> {
    const owner = await this.#owner(ctx, wish.ownerId);
    const resource = await this.#resource(ctx, wish.resourceId);
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
    const updated = {
      ...(await this.get(ctx, id)),
      ...fields,
      updatedAtMs: this.ports.clock.wallMs(),
    };
    return this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.apiKeys.update(tx, updated))) throw noSuchKey(id);
      await record({ action: 'UpdateAPIKey', resourceCrn: apiKeyCrn(ctx.organizationId, id) });
      return updated;
    });
  }

  /** From here on the key opens nothing on REST; brokers forget a cluster key soon after. */
  async delete(ctx: OpContext, id: string): Promise<void> {
    const key = await this.get(ctx, id);
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

  /** An account deleted since it was looked up would leave a key that nobody owns. */
  async #keepOwner(tx: Transaction, ctx: OpContext, owner: ApiKeyOwner): Promise<void> {
    if (owner.kind === 'User') return;
    if (!(await this.repositories.serviceAccounts.keep(tx, ctx.organizationId, owner.id)))
      throw noSuchOwner(owner.id);
  }

  async #owner(ctx: OpContext, id: string): Promise<ApiKeyOwner> {
    const { organizationId } = ctx;
    if ((await this.repositories.serviceAccounts.find(organizationId, id)) !== undefined)
      return { kind: 'ServiceAccount', id };
    if ((await this.repositories.users.find(organizationId, id)) !== undefined)
      return { kind: 'User', id };
    throw noSuchOwner(id);
  }

  async #resource(ctx: OpContext, id: string | undefined): Promise<ApiKeyResource> {
    if (id === undefined || id === 'cloud') return { kind: 'Cloud' };
    const field = '/spec/resource/id';
    if (findIdPrefix(id) !== 'lkc') {
      const message = `API keys for ${id} are not offered yet: name a Kafka cluster (lkc-...), or leave the resource out for a Cloud key.`;
      throw new AppError('invalid_argument', message, { field });
    }
    const cluster = await this.repositories.clusters.find(ctx.organizationId, id);
    if (cluster === undefined)
      throw new AppError('invalid_argument', `There is no Kafka cluster ${id}.`, { field });
    if (cluster.isDeleting)
      throw new AppError('failed_precondition', `Kafka cluster ${id} is being deleted.`);
    return { kind: 'Cluster', clusterId: id, environmentId: cluster.environmentId };
  }
}

function clusterIdsOf(key: ApiKey): readonly string[] {
  return key.resource.kind === 'Cluster' ? [key.resource.clusterId] : [];
}

function noSuchOwner(id: string): AppError {
  return new AppError('invalid_argument', `There is no service account or user ${id}.`, {
    field: '/spec/owner/id',
  });
}

function noSuchKey(id: string): AppError {
  return new AppError('not_found', `There is no API key ${id}.`);
}

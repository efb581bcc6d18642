import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import type { Transaction } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { QUOTAS, type QuotaCode } from './catalogue.ts';
import type { QuotaPlace } from './service-quotas.repository.ts';

/** What a mutation is about to add. */
export interface QuotaWish extends Omit<QuotaPlace, 'organizationId'> {
  readonly ctx: OpContext;
  readonly codes: readonly QuotaCode[];
}

/** Where every create asks whether there is room for one more. */
@Injectable()
export class QuotaGate {
  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /**
   * Throws `quota_exceeded` when one more would be too many. Others of the organization wait until
   * the transaction ends, so that what was found stays true. The platform itself is not limited.
   */
  async requireRoom(tx: Transaction, wish: QuotaWish): Promise<void> {
    await this.#require(tx, wish, () => 1);
  }

  /** The same for a size of CKUs: `added` is how many more than before. */
  async requireCkus(
    tx: Transaction,
    wish: Omit<QuotaWish, 'codes'> & { readonly added: number },
  ): Promise<void> {
    if (wish.added <= 0) return;
    const codes = ['kafka.max_ckus.per_cluster', 'kafka.max_ckus.per_env'] as const;
    await this.#require(tx, { ...wish, codes }, () => wish.added);
  }

  async #require(
    tx: Transaction,
    { ctx, codes, ...place }: QuotaWish,
    amountOf: (code: QuotaCode) => number,
  ): Promise<void> {
    if (ctx.credential === 'system') return;
    const { organizationId } = ctx;
    const { serviceQuotas } = this.repositories;
    await serviceQuotas.lock(tx, organizationId);
    const limits = await serviceQuotas.limits(organizationId, tx);
    const read = { reader: tx, nowMs: this.ports.clock.wallMs() };
    for (const code of codes) {
      const limit = limits.get(code) ?? QUOTAS[code].defaultLimit;
      const usage = await serviceQuotas.usage(code, { organizationId, ...place }, read);
      if (usage + amountOf(code) > limit) throw exceeded(code, { limit, usage });
    }
  }
}

function exceeded(
  code: QuotaCode,
  now: { readonly limit: number; readonly usage: number },
): AppError {
  const { displayName } = QUOTAS[code];
  return new AppError(
    'quota_exceeded',
    `The service quota ${code} (${displayName}) is ${now.limit}, and ${now.usage} are in use: delete some, or ask the operator of this platform to raise it.`,
  );
}

import { Injectable } from '@nestjs/common';
import { identityPoolCrn } from '@weirhouse/cloud-contract';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { poolContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { IdentityPool } from '../identity-providers/identity-pools.repository.ts';
import { compileFilter } from '../identity-providers/pool-filter.ts';
import { Tokens } from '../tokens/tokens.ts';
import { claimOf, SubjectTokens, type SubjectClaims } from './subject-tokens.ts';

/** What is asked for. */
export interface Exchange {
  readonly poolId: string;
  /** A token of the pool's provider. */
  readonly subjectToken: string;
  readonly lifeMs: number;
}

/** The token that stands for the pool. */
export interface ExchangedToken {
  readonly token: string;
  readonly lifeMs: number;
}

/** Exchanges tokens of identity providers for our own (RFC 8693). */
@Injectable()
export class StsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly subjects: SubjectTokens,
    private readonly tokens: Tokens,
  ) {}

  /**
   * Throws `invalid_argument`, the same for an unknown pool, a bad token and one that does not pass
   * the pool's filter: strangers learn nothing. The audit log of the pool's organization has it.
   */
  async exchange(ctx: OpContext, wish: Exchange): Promise<ExchangedToken> {
    const found = await this.repositories.identityPools.findForExchange(wish.poolId);
    if (found === undefined) throw refused();
    const { pool, provider } = found;
    const claims = await this.subjects.verify(wish.subjectToken, provider);
    const identity = claims && identityIn(claims, pool);
    const actingFor = poolContext(ctx, pool);
    const resourceCrn = identityPoolCrn({ ...pool, poolId: pool.id });
    if (claims === undefined || identity === undefined) {
      await this.#record(actingFor, 'ExchangeTokenFailed', resourceCrn);
      throw refused();
    }
    // Never longer than the token it stands for.
    const lifeMs = Math.min(wish.lifeMs, claims.remainingMs);
    const { organizationId, id: poolId } = pool;
    const token = await this.tokens.sign({ kind: 'sts', organizationId, poolId, identity }, lifeMs);
    await this.#record(actingFor, 'ExchangeToken', resourceCrn);
    return { token, lifeMs };
  }

  #record(ctx: OpContext, action: string, resourceCrn: string): Promise<void> {
    return this.unit.run(ctx, (_, record) => record({ action, resourceCrn }));
  }
}

/** Who the token is of, when it passes the pool's filter; undefined = it does not. */
function identityIn({ claims }: SubjectClaims, pool: IdentityPool): string | undefined {
  const identity = claimOf(claims, pool.identityClaim);
  if (identity === undefined) return undefined;
  try {
    return compileFilter(pool.filter)(claims) ? identity : undefined;
  } catch (error) {
    // A filter that names a claim the token has not.
    if (isAppError(error) && error.code === 'invalid_argument') return undefined;
    throw error;
  }
}

function refused(): AppError {
  return new AppError(
    'invalid_argument',
    'The token was refused: it must be of the identity provider, not expired, and pass the filter of the identity pool.',
    { field: 'subject_token' },
  );
}

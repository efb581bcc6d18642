import { Controller, Inject } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import { isAppError } from '@weirhouse/shared-kernel';
import type { AttemptLimiter } from '../auth/attempt-limiter.ts';
import { KEY_ATTEMPTS } from '../auth/attempts.ts';
import { AuthenticationCounter } from '../auth/authentication-counter.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { withHeaders } from '../http/response-headers.ts';
import { StsService, type ExchangedToken } from './sts.service.ts';

type Routes = typeof routes;

/** sts/v1: an issuer's token for one of ours. */
@Controller()
export class StsController {
  constructor(
    private readonly sts: StsService,
    private readonly counter: AuthenticationCounter,
    @Inject(KEY_ATTEMPTS) private readonly attempts: AttemptLimiter,
  ) {}

  @Implements(routes.exchangeToken)
  async exchange(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['exchangeToken']>,
  ): Promise<RouteOutput<Routes['exchangeToken']>> {
    const { token, lifeMs } = await this.#limited(ctx, body.identity_pool_id, () =>
      this.sts.exchange(ctx, {
        poolId: body.identity_pool_id,
        subjectToken: body.subject_token,
        lifeMs: body.expires_in * 1_000,
      }),
    );
    const answer = {
      access_token: token,
      issued_token_type: body.requested_token_type,
      token_type: 'Bearer',
      expires_in: Math.floor(lifeMs / 1_000),
    } as const;
    // RFC 6749 section 5.1.
    return withHeaders(answer, { 'cache-control': 'no-store' });
  }

  /** Failed exchanges count like failed keys, under the pool's name. */
  async #limited(
    ctx: OpContext,
    poolId: string,
    exchange: () => Promise<ExchangedToken>,
  ): Promise<ExchangedToken> {
    const address = ctx.clientAddress ?? '';
    this.attempts.requirePair(address, poolId);
    try {
      return await this.counter.counting('exchange', exchange);
    } catch (error) {
      if (isAppError(error) && error.code === 'invalid_argument') {
        this.attempts.failed(address, poolId);
        this.attempts.requireAddress(address);
      }
      throw error;
    }
  }
}

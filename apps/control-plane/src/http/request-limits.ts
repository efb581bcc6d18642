import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import type { TooManyAttempts } from '../auth/attempt-limiter.ts';
import type { Identity } from '../auth/op-context.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { HttpReply } from './http-types.ts';
import { TokenBuckets, type RequestRate, type Tokens } from './token-buckets.ts';

/** Buckets kept at most of each kind: some 100 bytes each. */
const BUCKETS_MAX = 10_000;

/** How often one caller, and all callers of one organization together, may ask. */
export interface RequestRates {
  readonly caller: RequestRate;
  readonly organization: RequestRate;
}

/** As good as none. */
const UNLIMITED: RequestRate = { burst: 1_000_000, perSecond: 1_000_000 };

/**
 * Limits requests by caller and by organization, and says in each answer how many are left. A caller
 * is a principal with one kind of credential: more keys of the same owner do not give it more.
 * Counted in each process of its own.
 */
@Injectable()
export class RequestLimits {
  readonly #callers: TokenBuckets;
  readonly #organizations: TokenBuckets;

  constructor(@Inject(PORTS) private readonly ports: ServicePorts) {
    const { caller, organization } = ports.requestRates ?? {
      caller: UNLIMITED,
      organization: UNLIMITED,
    };
    this.#callers = new TokenBuckets(caller, BUCKETS_MAX);
    this.#organizations = new TokenBuckets(organization, BUCKETS_MAX);
  }

  /** Counts a request and writes the headers. Throws `rate_limited` when there were too many. */
  require(identity: Identity, reply: HttpReply): void {
    const nowMs = this.ports.clock.monotonicMs();
    const { actor, credential, organizationId } = identity;
    const caller = this.#callers.take(`${organizationId} ${actor.id} ${credential}`, nowMs);
    // What is refused to one caller does not count for the others of its organization.
    const organization = caller.isTaken
      ? this.#organizations.take(organizationId, nowMs)
      : this.#organizations.peek(organizationId, nowMs);
    const tighter = caller.remaining <= organization.remaining ? caller : organization;
    writeHeaders(reply, tighter);
    if (caller.isTaken && organization.isTaken) return;
    const whose = caller.isTaken ? 'your organization' : 'you';
    const retryAfterMs = Math.max(caller.retryAfterMs, organization.retryAfterMs);
    const cause: TooManyAttempts = { retryAfterMs };
    const seconds = Math.ceil(retryAfterMs / 1_000);
    throw new AppError(
      'rate_limited',
      `Too many requests of ${whose}: try again in ${seconds} s.`,
      {
        cause,
      },
    );
  }
}

/** Reset is in seconds from now: clients of the contract wait that long. */
function writeHeaders(reply: HttpReply, { limit, remaining, resetMs }: Tokens): void {
  reply
    .header('x-ratelimit-limit', String(limit))
    .header('x-ratelimit-remaining', String(remaining))
    .header('x-ratelimit-reset', String(Math.ceil(resetMs / 1_000)));
}

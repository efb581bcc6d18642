import type { Clock } from '@weirhouse/shared-kernel';

import type { Caller } from '../handler.ts';
import { hostAddress } from '../host-address.ts';
import { REAUTHENTICATION_INTERVAL_MS_MIN } from '../limits.ts';
import type {
  FailureCause,
  SaslExchange,
  SaslFailure,
  SaslMechanisms,
  SaslOutcome,
  SaslSuccess,
} from './mechanism.ts';

/**
 * Authentication of one connection.
 *
 * | phase | ApiVersions | SaslHandshake | SaslAuthenticate | frame without header | other |
 * |---|---|---|---|---|---|
 * | handshake | served | known mechanism: v1 -> tokens, v0 -> raw-tokens; unknown: 33, failed | close | - | close |
 * | tokens | close | close | step -> tokens, done or failed | - | close |
 * | raw-tokens | - | - | - | step -> raw-tokens, done or failed | - |
 * | done | served | session with an end, v1, a second after the last: as in handshake; else 34 | 34 | - | served |
 * | failed | close | close | close | close | close |
 *
 * A listener without SASL starts in `done`. A session with an end (KIP-368) closes its connection with the
 * first request after it, other than a handshake; what is in work then is still answered. Whoever
 * authenticates again keeps mechanism and principal, or fails.
 */
export type SaslPhase = 'handshake' | 'tokens' | 'raw-tokens' | 'done' | 'failed';

/** How a login ended, for metrics. */
export type AuthenticationResult = 'ok' | FailureCause;

/** Construction of a session; without `mechanisms` the caller is known from the start. */
export interface SaslSessionOptions {
  readonly mechanisms: SaslMechanisms | undefined;
  readonly caller: Caller;
  readonly clock: Clock;
  /** The end of every login, the first one and the repeated ones. */
  readonly onResult: (mechanism: string, failure: SaslFailure | undefined) => void;
}

/** The authentication state machine of one connection; the table above is its contract. */
export class SaslSession {
  readonly #options: SaslSessionOptions;
  #phase: SaslPhase;
  #caller: Caller;
  #mechanism = '';
  #exchange: SaslExchange | undefined;
  /** The mechanism that the session began with; undefined before that. */
  #established: string | undefined;
  #lifetimeMs: number | undefined;
  #endsMs = Infinity;
  #lastRepeatMs = -Infinity;

  constructor(options: SaslSessionOptions) {
    this.#options = options;
    this.#caller = options.caller;
    this.#phase = options.mechanisms === undefined ? 'done' : 'handshake';
  }

  get phase(): SaslPhase {
    return this.#phase;
  }

  /** Who has authenticated; meaningful once phase `done` was reached. */
  get caller(): Caller {
    return this.#caller;
  }

  /** The mechanisms to tell a client that asked for another one. */
  get offered(): readonly string[] {
    return this.#options.mechanisms?.names ?? [];
  }

  /** How long the session lasts from its login on, as SaslAuthenticate tells it; 0 = no end. */
  get lifetimeMs(): number {
    return this.#lifetimeMs ?? 0;
  }

  /** What a client that is refused learns, in Kafka's words: nothing of the cause. */
  get refusal(): string {
    const what = this.#established === undefined ? 'authentication' : 're-authentication';
    return `Authentication failed during ${what} due to invalid credentials with SASL mechanism ${this.#mechanism}`;
  }

  /** True when the session is over: only a handshake may come now. */
  get isExpired(): boolean {
    return this.#phase === 'done' && this.#options.clock.monotonicMs() >= this.#endsMs;
  }

  /** True when a handshake of this version is expected now, the first one or a repeated one. */
  mayBegin(version: number): boolean {
    if (this.#phase === 'handshake') return true;
    const sinceLastMs = this.#options.clock.monotonicMs() - this.#lastRepeatMs;
    return (
      this.#phase === 'done' &&
      this.#lifetimeMs !== undefined &&
      version > 0 &&
      sinceLastMs >= REAUTHENTICATION_INTERVAL_MS_MIN
    );
  }

  /** Chooses the mechanism; false when it is not offered, which ends the connection. */
  handshake(mechanism: string, tokens: 'tokens' | 'raw-tokens'): boolean {
    const exchange = this.#options.mechanisms?.begin(mechanism);
    this.#mechanism = mechanism;
    if (exchange === undefined) {
      const reason = `mechanism ${mechanism} is not offered`;
      this.#fail({ kind: 'failed', cause: 'mechanism', reason });
      return false;
    }
    if (this.#established !== undefined) this.#lastRepeatMs = this.#options.clock.monotonicMs();
    const isOther = this.#established !== undefined && this.#established !== mechanism;
    this.#exchange = isOther ? refuseMechanism(mechanism, this.#established) : exchange;
    this.#phase = tokens;
    return true;
  }

  /** Hands the mechanism one token; `done` is called once, with the phase already changed. */
  step(token: Buffer, done: (outcome: SaslOutcome) => void): void {
    const exchange = this.#exchange;
    if (exchange === undefined) {
      const reason = 'no mechanism was chosen';
      return done(this.#fail({ kind: 'failed', cause: 'malformed', reason }));
    }
    exchange.step(token, (outcome) => {
      if (outcome.kind === 'challenge') return done(outcome);
      done(outcome.kind === 'done' ? this.#succeed(outcome) : this.#fail(outcome));
    });
  }

  #succeed(outcome: SaslSuccess): SaslOutcome {
    const { host, principal } = this.#caller;
    const isRepeated = this.#established !== undefined;
    if (isRepeated && principal !== outcome.principal)
      return this.#fail({
        kind: 'failed',
        cause: 'principal',
        reason: `${principal} authenticated again as ${outcome.principal}`,
        clientMessage: 'Cannot change principals during re-authentication',
      });
    this.#exchange = undefined;
    this.#phase = 'done';
    this.#established = this.#mechanism;
    // The same object as long as it is the same caller: decisions are remembered with it.
    if (!isRepeated)
      this.#caller = {
        principal: outcome.principal,
        host: outcome.host === undefined ? host : hostAddress(outcome.host),
      };
    this.#limit(outcome.expiresAtMs);
    this.#options.onResult(this.#mechanism, undefined);
    return outcome;
  }

  /** The session ends with the credential or after the mechanism's limit, whichever is first. */
  #limit(expiresAtMs: number | undefined): void {
    const { clock, mechanisms } = this.#options;
    const limitMs = mechanisms?.sessionMsMax(this.#mechanism) ?? 0;
    const lifetimes = limitMs > 0 ? [limitMs] : [];
    if (expiresAtMs !== undefined) lifetimes.push(Math.max(0, expiresAtMs - clock.wallMs()));
    this.#lifetimeMs = lifetimes.length === 0 ? undefined : Math.floor(Math.min(...lifetimes));
    this.#endsMs = clock.monotonicMs() + (this.#lifetimeMs ?? Infinity);
  }

  #fail(failure: SaslFailure): SaslFailure {
    this.#exchange = undefined;
    this.#phase = 'failed';
    this.#options.onResult(this.#mechanism, failure);
    return failure;
  }
}

/** The handshake is answered as always; it is the token that is refused, with the cause, as in Kafka. */
function refuseMechanism(mechanism: string, established: string | undefined): SaslExchange {
  const clientMessage = `SASL mechanism '${mechanism}' requested by client is not supported for re-authentication of mechanism '${established}'`;
  const failure: SaslFailure = {
    kind: 'failed',
    cause: 'mechanism',
    reason: `the session began with ${established}, not with ${mechanism}`,
    clientMessage,
  };
  return { step: (_, done) => done(failure) };
}

import type { Broker } from '../broker.ts';
import type { AnyHandler } from '../handler.ts';
import { hostAddress } from '../host-address.ts';
import { PRE_AUTH_REQUESTS_MAX } from '../limits.ts';
import { ANONYMOUS } from '../tls/certificate-principal.ts';
import type { Deadline } from '../timing-wheel.ts';
import type { PrincipalUsage } from '../usage/usage-ledger.ts';
import type { SaslFailure } from './mechanism.ts';
import { SaslSession } from './sasl-session.ts';

const SASL_HANDSHAKE_KEY = 17;
const SASL_AUTHENTICATE_KEY = 36;

/** Where a client comes from, and what is done when it is not authenticated in time. */
export interface LoginOptions {
  readonly listenerName: string;
  readonly remoteAddress: string;
  /** The name of a verified client certificate. */
  readonly tlsPrincipal: string | undefined;
  readonly onLate: () => void;
}

/** Holds one connection to what its state of authentication allows, and to the time and requests that a login may take. */
export class Login {
  readonly session: SaslSession;
  /** Whose use the requests are; that of strangers before the login. */
  usage: PrincipalUsage;
  readonly #broker: Broker;
  readonly #options: LoginOptions;
  #requestsBefore = 0;
  #deadline: Deadline | undefined;

  constructor(broker: Broker, options: LoginOptions) {
    const { listenerName, remoteAddress, tlsPrincipal = ANONYMOUS } = options;
    this.#broker = broker;
    this.#options = options;
    const mechanisms = broker.mechanismsOf(listenerName);
    this.session = new SaslSession({
      mechanisms,
      caller: { principal: tlsPrincipal, host: hostAddress(remoteAddress) },
      clock: broker.ports.clock,
      onResult: (mechanism, failure) => this.#onResult(mechanism, failure),
    });
    this.usage = broker.usage.strangers;
    this.usage.connections++;
    if (mechanisms === undefined) this.#enter();
    else this.#begin();
  }

  /** True when requests are served; before, a stranger can make this broker hold little. */
  get isDone(): boolean {
    return this.session.phase === 'done';
  }

  /** The connection is gone. */
  leave(): void {
    this.#stop();
    this.usage.connections--;
  }

  #stop(): void {
    this.#broker.wheel.cancel(this.#deadline);
    this.#deadline = undefined;
  }

  /** Why an API key may not be asked for now, or undefined when it may. */
  forbids({ authenticated, schema: { apiKey } }: AnyHandler, version: number): string | undefined {
    const { phase } = this.session;
    if (phase === 'done') return this.#isOver(apiKey, version) ? 'the session is over' : undefined;
    const tooMany = this.countRequest();
    if (tooMany !== undefined) return tooMany;
    const isExpected =
      phase === 'handshake'
        ? !authenticated && apiKey !== SASL_AUTHENTICATE_KEY
        : phase === 'tokens' && apiKey === SASL_AUTHENTICATE_KEY;
    return isExpected ? undefined : `API key ${apiKey} in SASL phase ${phase}`;
  }

  /** Counts a request or a token without header; a text when there were too many. */
  countRequest(): string | undefined {
    return ++this.#requestsBefore > PRE_AUTH_REQUESTS_MAX
      ? 'too many requests before authentication'
      : undefined;
  }

  /** True when the session has ended; a handshake that begins another one has its time from now on. */
  #isOver(apiKey: number, version: number): boolean {
    if (apiKey === SASL_HANDSHAKE_KEY && this.session.mayBegin(version)) {
      this.#begin();
      return false;
    }
    if (!this.session.isExpired) return false;
    this.#broker.ports.probe.onSessionExpired();
    return true;
  }

  #begin(): void {
    const { authenticationMsMax, wheel } = this.#broker;
    this.#requestsBefore = 0;
    this.#deadline = wheel.schedule(authenticationMsMax, { onExpired: this.#options.onLate });
  }

  /** From the first login on the connection counts as its principal's, which stays the same. */
  #enter(): void {
    const { strangers } = this.#broker.usage;
    if (this.usage !== strangers) return;
    strangers.connections--;
    this.usage = this.#broker.usage.principal(this.session.caller.principal);
    this.usage.connections++;
  }

  #onResult(mechanism: string, failure: SaslFailure | undefined): void {
    const { log, probe } = this.#broker.ports;
    const isOffered = this.session.offered.includes(mechanism);
    probe.onAuthentication(isOffered ? mechanism : 'other', failure?.cause ?? 'ok');
    if (failure === undefined) {
      this.#enter();
      this.usage.authentications++;
      return this.#stop();
    }
    this.#broker.usage.failedAuthentications++;
    const { host } = this.session.caller;
    const { cause, reason } = failure;
    const fields = { host, listener: this.#options.listenerName, mechanism, cause, reason };
    log.info(fields, 'authentication failed');
  }
}

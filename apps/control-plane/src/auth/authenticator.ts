import { Inject, Injectable } from '@nestjs/common';
import type { CredentialKind } from '@weirhouse/cloud-contract';
import { AppError, unreachable } from '@weirhouse/shared-kernel';
import type { ApiKeyLogin } from '../api-keys/api-keys.repository.ts';
import type { AttemptLimiter } from './attempt-limiter.ts';
import { KEY_ATTEMPTS } from './attempts.ts';
import { AuthenticationCounter } from './authentication-counter.ts';
import { parseAuthorization, type BasicCredentials } from './authorization-header.ts';
import { BearerCheck } from './bearer-check.ts';
import { KeyCheck } from './key-check.ts';
import type { Identity } from './op-context.ts';

/** What failed tokens are counted under: they have no name of their own. */
const TOKENS = 'tokens';

/** A request before anybody knows whose it is. */
export interface Caller {
  /** The header Authorization. */
  readonly header: string | undefined;
  readonly requestId: string;
  /** The IP address that the request came from. */
  readonly address: string;
}

/** A caller who has shown who they are. */
type Identified = Omit<Identity, 'requestId' | 'clientAddress'>;

/**
 * Turns the header Authorization into the identity behind it. Failed tries are counted: a key that fails again
 * and again from one address is not even looked up, and once an address fails with many keys its
 * failures are answered with 429. A good key always gets in, whatever else comes from its address.
 */
@Injectable()
export class Authenticator {
  constructor(
    private readonly keys: KeyCheck,
    private readonly bearers: BearerCheck,
    private readonly counter: AuthenticationCounter,
    @Inject(KEY_ATTEMPTS) private readonly attempts: AttemptLimiter,
  ) {}

  /**
   * Throws `unauthenticated`; the message never says which half of the credentials was wrong.
   * `accepted` = what the route takes: a good credential of another kind is refused.
   */
  async authenticate(caller: Caller, accepted: readonly CredentialKind[]): Promise<Identity> {
    if (caller.header === undefined) {
      throw new AppError(
        'unauthenticated',
        'Send an API key with HTTP Basic: the key id as user name, its secret as password.',
      );
    }
    const credentials = parseAuthorization(caller.header);
    if (credentials === undefined) throw invalidCredential('the header Authorization is malformed');
    const identified =
      credentials.scheme === 'basic'
        ? await this.counter.counting('key', () => this.#byKey(credentials, caller, accepted))
        : await this.counter.counting('token', () =>
            this.#byToken(credentials.token, caller, accepted),
          );
    const { requestId, address: clientAddress } = caller;
    return { ...identified, requestId, clientAddress };
  }

  async #byKey(
    { id, secret }: BasicCredentials,
    caller: Caller,
    accepted: readonly CredentialKind[],
  ): Promise<Identified> {
    this.attempts.requirePair(caller.address, id);
    const key = await this.keys.find(id, secret);
    if (key === undefined) {
      this.#failed(caller, id);
      throw invalidCredential('no such key, or another secret');
    }
    const { owner, organizationId, clusterId } = key;
    return {
      actor: { ...owner, name: `User:${owner.id}` },
      organizationId,
      credential: acceptedAs(key, accepted),
      ...(clusterId === undefined ? {} : { clusterId }),
    };
  }

  async #byToken(
    token: string,
    caller: Caller,
    accepted: readonly CredentialKind[],
  ): Promise<Identified> {
    const bearer = await this.bearers.find(token);
    if (bearer === undefined) {
      this.#failed(caller, TOKENS);
      throw invalidCredential('the token is unknown, has ended or is of another platform');
    }
    // A token for the data plane opens what a cluster's key opens, and nothing else.
    const isForData = accepted.includes('kafka-key');
    if (!accepted.includes(bearer.credential) || (bearer.isDataOnly && !isForData))
      throw invalidCredential('this route does not take such a token');
    const { actor, organizationId, credential, sessionId } = bearer;
    return { actor, organizationId, credential, ...(sessionId === undefined ? {} : { sessionId }) };
  }

  /** Throws `rate_limited` instead of letting a known flood go on. */
  #failed({ address }: Caller, identity: string): void {
    this.attempts.failed(address, identity);
    this.attempts.requireAddress(address);
  }
}

/** As what a key opens a route. Throws when it does not. */
function acceptedAs(key: ApiKeyLogin, accepted: readonly CredentialKind[]): Identity['credential'] {
  switch (key.resourceKind) {
    case 'Cloud':
      if (accepted.includes('cloud-key')) return 'cloud-key';
      throw invalidCredential('this route takes a key of its cluster, and this is a Cloud API key');
    case 'Cluster':
      if (accepted.includes('kafka-key')) return 'kafka-key';
      throw invalidCredential(
        'this route takes a Cloud API key, and this one belongs to a cluster',
      );
    case 'Global':
      if (accepted.includes('cloud-key') || accepted.includes('kafka-key')) return 'global-key';
      throw invalidCredential('this route takes no API key');
    default:
      return unreachable(key.resourceKind);
  }
}

/** The refusal of a credential. Clients look for the words "invalid API key". */
export function invalidCredential(reason: string): AppError {
  return new AppError('unauthenticated', `invalid API key or token: ${reason}.`);
}

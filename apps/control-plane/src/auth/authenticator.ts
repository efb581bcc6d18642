import { Inject, Injectable } from '@nestjs/common';
import type { CredentialKind } from '@weirhouse/cloud-contract';
import { AppError, unreachable } from '@weirhouse/shared-kernel';
import type { ApiKeyLogin } from '../api-keys/api-keys.repository.ts';
import { ChangeSignal } from '../audit/change-signal.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { matchesApiSecret } from '../secrets/api-secret.ts';
import { parseAuthorization, type BasicCredentials } from './authorization-header.ts';
import { LoginCache } from './login-cache.ts';
import type { Identity } from './op-context.ts';

/** Compared against when the key is unknown, so that both answers take as long. */
const NO_HASH = new Uint8Array(32);

/** A request before anybody knows whose it is. */
export interface Caller {
  /** The header Authorization. */
  readonly header: string | undefined;
  readonly requestId: string;
  /** The IP address that the request came from. */
  readonly address: string;
}

/** Turns the header Authorization into the identity behind it. */
@Injectable()
export class Authenticator {
  readonly #logins: LoginCache<ApiKeyLogin>;

  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
    signal: ChangeSignal,
  ) {
    this.#logins = new LoginCache(ports.clock);
    signal.onChange(() => this.#logins.clear());
  }

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
    if (credentials?.scheme !== 'basic')
      throw invalidCredential('the header Authorization is malformed');
    const key = await this.#checkKey(credentials);
    const credential = acceptedAs(key, accepted);
    return {
      actor: { ...key.owner, name: `User:${key.owner.id}` },
      organizationId: key.organizationId,
      requestId: caller.requestId,
      clientAddress: caller.address,
      credential,
      ...(key.clusterId === undefined ? {} : { clusterId: key.clusterId }),
    };
  }

  async #checkKey({ id, secret }: BasicCredentials): Promise<ApiKeyLogin> {
    const key = await this.#logins.get(id, (unknown) =>
      this.repositories.apiKeys.findForLogin(unknown),
    );
    const matches = matchesApiSecret({
      key: this.ports.masterKey,
      apiKeyId: id,
      secret,
      storedHash: key?.secretHash ?? NO_HASH,
    });
    if (key === undefined || !matches) throw invalidCredential('no such key, or another secret');
    return key;
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
  return new AppError('unauthenticated', `invalid API key: ${reason}.`);
}

import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { matchesApiSecret } from '../secrets/api-secret.ts';
import { ChangeSignal } from '../audit/change-signal.ts';
import type { ApiKeyLogin } from '../api-keys/api-keys.repository.ts';
import { LoginCache } from './login-cache.ts';
import type { OpContext } from './op-context.ts';

/** Longest credentials that are looked at, in characters; real ones have 108 in base64. */
const HEADER_CHARS_MAX = 512;
/** Compared against when the key is unknown, so that both answers take as long. */
const NO_HASH = new Uint8Array(32);

/** Turns `Authorization: Basic <key:secret>` of a Cloud API key into an OpContext. */
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

  /** Throws `unauthenticated`; the message never says which half of the credentials was wrong. */
  async authenticate(header: string | undefined, requestId: string): Promise<OpContext> {
    if (header === undefined) {
      throw new AppError(
        'unauthenticated',
        'Send a Cloud API key with HTTP Basic: the key id as user name, its secret as password.',
      );
    }
    const credentials = parseBasic(header);
    if (credentials === undefined) throw invalidKey('the header Authorization is malformed');
    const key = await this.#logins.get(credentials.id, (id) =>
      this.repositories.apiKeys.findForLogin(id),
    );
    const matches = matchesApiSecret({
      key: this.ports.masterKey,
      apiKeyId: credentials.id,
      secret: credentials.secret,
      storedHash: key?.secretHash ?? NO_HASH,
    });
    if (key === undefined || !matches) throw invalidKey('no such key, or another secret');
    if (key.resourceKind !== 'Cloud')
      throw invalidKey('this route takes a Cloud API key, and this one belongs to a cluster');
    return {
      actor: { ...key.owner, name: `User:${key.owner.id}` },
      organizationId: key.organizationId,
      requestId,
      credential: 'cloud-key',
    };
  }
}

function parseBasic(header: string): { readonly id: string; readonly secret: string } | undefined {
  const match = /^basic +([a-z0-9+/=]+)$/iu.exec(header);
  if (header.length > HEADER_CHARS_MAX || match?.[1] === undefined) return undefined;
  const text = Buffer.from(match[1], 'base64').toString();
  const colon = text.indexOf(':');
  return colon < 1 ? undefined : { id: text.slice(0, colon), secret: text.slice(colon + 1) };
}

function invalidKey(reason: string): AppError {
  return new AppError('unauthenticated', `invalid API key: ${reason}.`);
}

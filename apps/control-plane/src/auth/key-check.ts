import { Inject, Injectable } from '@nestjs/common';
import type { ApiKeyLogin } from '../api-keys/api-keys.repository.ts';
import { ChangeSignal } from '../audit/change-signal.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { matchesApiSecret } from '../secrets/api-secret.ts';
import { LoginCache } from './login-cache.ts';

/** Compared against when the key is unknown, so that both answers take as long. */
const NO_HASH = new Uint8Array(32);

/** Finds whose an API key is. */
@Injectable()
export class KeyCheck {
  readonly #logins: LoginCache<ApiKeyLogin>;

  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
    signal: ChangeSignal,
  ) {
    this.#logins = new LoginCache(ports.clock);
    signal.onChange(() => this.#logins.clear());
  }

  /** Undefined = there is no such key, or it has another secret. */
  async find(apiKeyId: string, secret: string): Promise<ApiKeyLogin | undefined> {
    const key = await this.#logins.get(apiKeyId, (id) =>
      this.repositories.apiKeys.findForLogin(id),
    );
    const storedHash = key?.secretHash ?? NO_HASH;
    const matches = matchesApiSecret({ key: this.ports.masterKey, apiKeyId, secret, storedHash });
    return matches ? key : undefined;
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { unreachable } from '@weirhouse/shared-kernel';
import { ChangeSignal } from '../audit/change-signal.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { isOpen, type Session } from '../sessions/sessions.repository.ts';
import { Tokens } from '../tokens/tokens.ts';
import { LoginCache } from './login-cache.ts';
import type { Actor } from './op-context.ts';

/** Who shows a good token. */
export interface Bearer {
  readonly actor: Actor;
  readonly organizationId: string;
  readonly credential: 'session' | 'sts';
  /** The session of a user. */
  readonly sessionId: string | undefined;
  /** True = the token opens the data plane only. */
  readonly isDataOnly: boolean;
}

/** Finds who a Bearer token is of: its signature says what it was, the database whether it still is. */
@Injectable()
export class BearerCheck {
  readonly #sessions: LoginCache<Session>;
  readonly #pools: LoginCache<true>;

  constructor(
    private readonly tokens: Tokens,
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
    signal: ChangeSignal,
  ) {
    this.#sessions = new LoginCache(ports.clock);
    this.#pools = new LoginCache(ports.clock);
    signal.onChange(() => {
      this.#sessions.clear();
      this.#pools.clear();
    });
  }

  /** Undefined = the token is not ours, too old, or its session, user or pool is gone. */
  async find(token: string): Promise<Bearer | undefined> {
    const claims = await this.tokens.verify(token);
    if (claims === undefined) return undefined;
    switch (claims.kind) {
      case 'session':
      case 'data':
        return this.#ofSession(claims);
      case 'sts':
        return this.#ofPool(claims);
      default:
        return unreachable(claims);
    }
  }

  async #ofPool(claims: {
    readonly organizationId: string;
    readonly poolId: string;
  }): Promise<Bearer | undefined> {
    const { organizationId, poolId: id } = claims;
    const exists = await this.#pools.get(`${organizationId} ${id}`, async () =>
      (await this.repositories.identityPools.exists(organizationId, id)) ? true : undefined,
    );
    if (exists === undefined) return undefined;
    return {
      actor: { kind: 'IdentityPool', id, name: `User:${id}` },
      organizationId,
      credential: 'sts',
      sessionId: undefined,
      isDataOnly: false,
    };
  }

  async #ofSession(claims: {
    readonly kind: 'session' | 'data';
    readonly userId: string;
    readonly sessionId: string;
  }): Promise<Bearer | undefined> {
    const session = await this.#sessions.get(claims.sessionId, (id) =>
      this.repositories.sessions.find(id),
    );
    if (session?.user.id !== claims.userId) return undefined;
    if (!isOpen(session, this.ports.clock.wallMs())) return undefined;
    const { id, organizationId } = session.user;
    return {
      actor: { kind: 'User', id, name: `User:${id}` },
      organizationId,
      credential: 'session',
      sessionId: session.id,
      isDataOnly: claims.kind === 'data',
    };
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { userCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { userContext, type OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { TOKEN_LIFE_MS, Tokens } from '../tokens/tokens.ts';
import type { User } from '../users/users.repository.ts';
import { newRefreshToken, newSessionId, parseRefreshToken } from './refresh-token.ts';
import { isOpen, type Session } from './sessions.repository.ts';

/** How long a session lasts however often it is refreshed, in milliseconds: 30 days. */
const SESSION_MAX_MS = 30 * 86_400_000;

/** An open session with the tokens of this moment. */
export interface OpenSession {
  readonly user: User;
  readonly token: string;
  readonly refreshToken: string;
}

/**
 * Sessions: opened, refreshed, ended.
 *
 * | refresh token           | answer           | the session      |
 * |-------------------------|------------------|------------------|
 * | the current one         | new tokens       | goes on with them|
 * | one that was used       | refused          | ends: somebody copied it |
 * | of an ended session     | refused          | is gone          |
 */
@Injectable()
export class SessionsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly tokens: Tokens,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Opens a session for somebody who has shown who they are. */
  async open(ctx: OpContext, user: User): Promise<OpenSession> {
    const sessionId = newSessionId(this.ports.random);
    const refresh = newRefreshToken(sessionId, this.ports.random);
    const nowMs = this.ports.clock.wallMs();
    await this.unit.run(userContext(ctx, user), async (tx, record) => {
      await this.repositories.sessions.deleteExpired(tx, nowMs);
      await this.repositories.sessions.insert(tx, {
        id: sessionId,
        organizationId: user.organizationId,
        userId: user.id,
        refreshHash: refresh.hash,
        createdAtMs: nowMs,
        expiresAtMs: nowMs + SESSION_MAX_MS,
      });
      await record({ action: 'SignIn', resourceCrn: crnOf(user) });
    });
    return {
      user,
      token: await this.#token('session', user, sessionId),
      refreshToken: refresh.text,
    };
  }

  /** Goes on with a session. Throws `forbidden`, and ends the session when the token was used before. */
  async refresh(ctx: OpContext, text: string): Promise<OpenSession> {
    const old = parseRefreshToken(text);
    const session = old && (await this.#findOpen(old.sessionId));
    if (old === undefined || session === undefined) throw notSignedIn('The session has ended.');
    const { id, user } = session;
    const next = newRefreshToken(id, this.ports.random);
    const isCurrent = await this.unit.run(userContext(ctx, user), async (tx, record) => {
      const change = { from: old.hash, to: next.hash, nowMs: this.ports.clock.wallMs() };
      const rotated = await this.repositories.sessions.rotate(tx, id, change);
      if (!rotated) await this.repositories.sessions.delete(tx, id);
      const action = rotated ? 'RefreshSession' : 'RevokeSession';
      await record({ action, resourceCrn: crnOf(user) });
      return rotated;
    });
    if (!isCurrent) throw notSignedIn('The session has ended.');
    return { user, token: await this.#token('session', user, id), refreshToken: next.text };
  }

  /** Ends the caller's session. */
  async signOut(ctx: OpContext): Promise<void> {
    const { sessionId } = ctx;
    if (sessionId === undefined) return;
    await this.unit.run(ctx, async (tx, record) => {
      if (!(await this.repositories.sessions.delete(tx, sessionId))) return;
      await record({ action: 'SignOut', resourceCrn: userCrn(ctx.organizationId, ctx.actor.id) });
    });
  }

  /** The caller. Throws `forbidden` when they are gone. */
  async user(ctx: OpContext): Promise<User> {
    const user = await this.repositories.users.find(ctx.organizationId, ctx.actor.id);
    if (user === undefined) throw notSignedIn('The session has ended.');
    return user;
  }

  /** A token of the caller's session that opens the data plane only. */
  async dataToken(ctx: OpContext): Promise<string> {
    const user = await this.user(ctx);
    if (ctx.sessionId === undefined) throw notSignedIn('The session has ended.');
    const resourceCrn = crnOf(user);
    await this.unit.run(ctx, (_, record) => record({ action: 'CreateAccessToken', resourceCrn }));
    return this.#token('data', user, ctx.sessionId);
  }

  async #findOpen(sessionId: string): Promise<Session | undefined> {
    const session = await this.repositories.sessions.find(sessionId);
    return session !== undefined && isOpen(session, this.ports.clock.wallMs())
      ? session
      : undefined;
  }

  #token(kind: 'session' | 'data', user: User, sessionId: string): Promise<string> {
    return this.tokens.sign({ kind, userId: user.id, sessionId }, TOKEN_LIFE_MS[kind]);
  }
}

function crnOf(user: User): string {
  return userCrn(user.organizationId, user.id);
}

function notSignedIn(message: string): AppError {
  return new AppError('forbidden', message);
}

import { createHash } from 'node:crypto';
import type { Random } from '@weirhouse/shared-kernel';

/** 128 random bits name a session, 256 are the secret of its one good refresh token. */
const SESSION_ID_BYTES = 16;
const SECRET_BYTES = 32;

/** A refresh token that names its session: `<session id>.<secret>`. */
export interface RefreshToken {
  readonly sessionId: string;
  readonly text: string;
  /** What is stored of it: SHA-256, fast because there is nothing to guess. */
  readonly hash: Buffer;
}

/** A session id that nobody can guess. */
export function newSessionId(random: Random): string {
  return random.bytes(SESSION_ID_BYTES).toString('base64url');
}

/** A new refresh token of a session. */
export function newRefreshToken(sessionId: string, random: Random): RefreshToken {
  const text = `${sessionId}.${random.bytes(SECRET_BYTES).toString('base64url')}`;
  return { sessionId, text, hash: hashOf(text) };
}

/** Reads a refresh token; undefined = it cannot be one. */
export function parseRefreshToken(text: string): RefreshToken | undefined {
  const sessionId = /^([\w-]{22})\.[\w-]{43}$/u.exec(text)?.[1];
  return sessionId === undefined ? undefined : { sessionId, text, hash: hashOf(text) };
}

function hashOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

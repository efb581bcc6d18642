import type { Clock } from '@weirhouse/shared-kernel';

import type { RefusedToken, TokenVerifier, VerifiedToken } from '../sasl/token-verifier.ts';

/** Takes tokens of the form `subject.lifetimeMs`; can be slow, or without keys. */
export class FakeVerifier implements TokenVerifier {
  clock: Clock | undefined;
  isSlow = false;
  isDown = false;
  readonly #waiting: (() => void)[] = [];

  verify(token: string, done: (verdict: VerifiedToken | RefusedToken) => void): void {
    const answer = () => done(this.#decide(token));
    if (this.isSlow) this.#waiting.push(answer);
    else answer();
  }

  /** Answers what waits. */
  finish(): void {
    for (const answer of this.#waiting.splice(0)) answer();
  }

  #decide(token: string): VerifiedToken | RefusedToken {
    if (this.isDown) return { ok: false, cause: 'unavailable', reason: 'no keys' };
    const [, subject, lifetimeMs] = /^(\w+)\.(\d+)$/.exec(token) ?? [];
    if (subject === undefined) return { ok: false, cause: 'token', reason: 'unknown form' };
    return { ok: true, subject, expiresAtMs: (this.clock?.wallMs() ?? 0) + Number(lifetimeMs) };
  }
}

/** What a client says first in OAUTHBEARER (RFC 7628). */
export function oauthMessage(options: {
  readonly token: string;
  readonly authzid?: string;
  readonly extensions?: Readonly<Record<string, string>>;
}): Buffer {
  const { authzid, extensions = {}, token } = options;
  const pairs = Object.entries({ auth: `Bearer ${token}`, ...extensions });
  const text = pairs.map(([key, value]) => `${key}=${value}\u0001`).join('');
  return Buffer.from(`n,${authzid === undefined ? '' : `a=${authzid}`},\u0001${text}\u0001`);
}

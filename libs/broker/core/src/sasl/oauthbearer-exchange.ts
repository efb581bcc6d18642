import { OAUTHBEARER_TOKEN_LENGTH_MAX } from '../limits.ts';
import type { FailureCause, SaslExchange, SaslFailure, SaslOutcome } from './mechanism.ts';
import { parseOauthBearerMessage } from './oauthbearer-message.ts';
import type { TokenVerifier } from './token-verifier.ts';

/** What a client gets before it is refused (RFC 7628 section 3.2.2); the cause stays in our log. */
const CHALLENGE = '{"status":"invalid_token"}';
const END_BYTE = 1;
const EMPTY = Buffer.alloc(0);

/**
 * A login with a bearer token (RFC 7628, KIP-255).
 *
 * | state         | client sends                  | server answers | next       |
 * |---------------|-------------------------------|----------------|------------|
 * | awaitingToken | message, its token verified   | success        | -          |
 * | awaitingToken | message, its token refused    | JSON challenge | refused    |
 * | awaitingToken | another identity, or not that | failure        | -          |
 * | refused       | anything; it should be byte 1 | failure        | -          |
 */
export class OauthBearerExchange implements SaslExchange {
  readonly #verifier: TokenVerifier;
  #refused: SaslFailure | undefined;

  constructor(verifier: TokenVerifier) {
    this.#verifier = verifier;
  }

  step(token: Buffer, done: (outcome: SaslOutcome) => void): void {
    if (this.#refused !== undefined) return done(this.#end(this.#refused, token));
    const message = parseOauthBearerMessage(token);
    if (message === undefined) return done(failed('malformed', 'malformed OAUTHBEARER message'));
    if (message.token.length > OAUTHBEARER_TOKEN_LENGTH_MAX)
      return done(this.#refuse('token', 'the token is too long'));
    this.#verifier.verify(message.token, (verdict) => {
      if (!verdict.ok) return done(this.#refuse(verdict.cause, verdict.reason));
      const { expiresAtMs, subject } = verdict;
      if (message.authzid !== '' && message.authzid !== subject)
        return done(failed('principal', 'the authorization id differs from the subject'));
      done({ kind: 'done', token: EMPTY, principal: `User:${subject}`, expiresAtMs });
    });
  }

  #refuse(cause: FailureCause, reason: string): SaslOutcome {
    this.#refused = { ...failed(cause, reason), clientMessage: CHALLENGE };
    return { kind: 'challenge', token: Buffer.from(CHALLENGE) };
  }

  #end(refused: SaslFailure, token: Buffer): SaslFailure {
    const isEnd = token.length === 1 && token[0] === END_BYTE;
    return isEnd
      ? refused
      : failed('malformed', `${refused.reason}, and the end is not as it should`);
  }
}

function failed(cause: FailureCause, reason: string): SaslFailure {
  return { kind: 'failed', cause, reason };
}

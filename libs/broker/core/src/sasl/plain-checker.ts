import {
  isSaltedPassword,
  parsePlainMessage,
  type PlainLogin,
  type ScramCredential,
  type ScramDecoy,
  type ScramHash,
} from '@weirhouse/broker-metadata';
import type { Clock } from '@weirhouse/shared-kernel';

import { PLAIN_CACHE_ENTRIES_MAX, PLAIN_CACHE_MS, PLAIN_CHECKS_MAX } from '../limits.ts';
import type { CryptoPort } from '../ports.ts';
import type { SaslExchange, SaslOutcome } from './mechanism.ts';

/** A stored credential and the hash it was made with. */
export interface HashedCredential {
  readonly hash: ScramHash;
  readonly credential: ScramCredential;
}

/** What the checker needs of the broker. */
export interface PlainCheckerOptions {
  readonly crypto: CryptoPort;
  readonly clock: Clock;
  readonly decoy: ScramDecoy;
  readonly findCredential: (user: string) => HashedCredential | undefined;
}

interface CachedLogin {
  /** The key the password was checked against: a changed credential makes the entry worthless. */
  readonly storedKey: Buffer;
  readonly expiresMs: number;
}

const CACHE_SECRET_BYTES = 32;
const EMPTY = Buffer.alloc(0);

/**
 * Checks PLAIN passwords against the SCRAM credential of the user: PBKDF2 in the pool, a bounded number
 * at once. A right password is remembered for some minutes as a keyed hash, never as itself. Unknown
 * users cost the same PBKDF2, so that time does not tell them apart.
 */
export class PlainChecker {
  readonly #options: PlainCheckerOptions;
  readonly #cacheSecret: Buffer;
  readonly #cache = new Map<string, CachedLogin>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: PlainCheckerOptions) {
    this.#options = options;
    this.#cacheSecret = options.crypto.randomBytes(CACHE_SECRET_BYTES);
  }

  /** A new login; PLAIN has one token. */
  begin(): SaslExchange {
    return { step: (token, done) => this.#check(token, done) };
  }

  #check(token: Buffer, done: (outcome: SaslOutcome) => void): void {
    const login = parsePlainMessage(token);
    if (login === undefined) return done({ kind: 'failed', reason: 'malformed PLAIN message' });
    const found = this.#options.findCredential(login.user);
    const key = this.#cacheKey(login);
    if (found !== undefined && this.#isCached(key, found.credential))
      return done(succeeded(login, found.credential));
    this.#enqueue(() =>
      this.#derive(login, found, (isRight) => {
        this.#running--;
        this.#waiting.shift()?.();
        if (found === undefined) return done({ kind: 'failed', reason: 'unknown user' });
        if (!isRight) return done({ kind: 'failed', reason: 'wrong password' });
        this.#remember(key, found.credential);
        done(succeeded(login, found.credential));
      }),
    );
  }

  #enqueue(work: () => void): void {
    const start = () => {
      this.#running++;
      work();
    };
    if (this.#running < PLAIN_CHECKS_MAX) start();
    else this.#waiting.push(start);
  }

  #derive(
    login: PlainLogin,
    found: HashedCredential | undefined,
    done: (isRight: boolean) => void,
  ): void {
    const { crypto, decoy } = this.#options;
    const hash = found?.hash ?? 'sha512';
    const request = {
      password: login.password.reveal(),
      salt: found?.credential.salt ?? decoy.secret.subarray(0, decoy.saltBytes),
      iterations: found?.credential.iterations ?? decoy.iterations,
      length: hash === 'sha256' ? 32 : 64,
      hash,
    };
    crypto.pbkdf2(request, (error, saltedPassword) => {
      if (error !== undefined || saltedPassword === undefined || found === undefined)
        return done(false);
      const { storedKey } = found.credential;
      done(isSaltedPassword(crypto, hash, { saltedPassword, storedKey }));
    });
  }

  #cacheKey(login: PlainLogin): string {
    const text = Buffer.from(`${login.user}\0${login.password.reveal()}`);
    return this.#options.crypto.hmac('sha256', this.#cacheSecret, text).toString('base64');
  }

  #isCached(key: string, credential: ScramCredential): boolean {
    const cached = this.#cache.get(key);
    if (cached === undefined) return false;
    const isFresh =
      cached.expiresMs > this.#options.clock.monotonicMs() &&
      cached.storedKey.equals(credential.storedKey);
    if (!isFresh) this.#cache.delete(key);
    return isFresh;
  }

  #remember(key: string, credential: ScramCredential): void {
    if (this.#cache.size >= PLAIN_CACHE_ENTRIES_MAX) {
      const oldest = this.#cache.keys().next().value;
      if (oldest !== undefined) this.#cache.delete(oldest);
    }
    const expiresMs = this.#options.clock.monotonicMs() + PLAIN_CACHE_MS;
    this.#cache.set(key, { storedKey: credential.storedKey, expiresMs });
  }
}

function succeeded(login: PlainLogin, credential: ScramCredential): SaslOutcome {
  const principal = credential.principal ?? `User:${login.user}`;
  return { kind: 'done', token: EMPTY, principal };
}

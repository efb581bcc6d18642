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
  readonly findCredentials: (user: string) => readonly HashedCredential[];
}

interface CachedLogin {
  /** The key the password was checked against: a changed credential makes the entry worthless. */
  readonly storedKey: Buffer;
  readonly expiresMs: number;
}

const CACHE_SECRET_BYTES = 32;
const EMPTY = Buffer.alloc(0);
/** What clients are told, in the words that some of them look for. */
const REFUSAL = 'Authentication failed: Invalid username or password';

/** Every refused login derives a key with each hash, whatever credentials the user has. */
const HASHES: readonly ScramHash[] = ['sha512', 'sha256'];
const KEY_BYTES: Readonly<Record<ScramHash, number>> = { sha256: 32, sha512: 64 };

/**
 * Checks PLAIN passwords against the SCRAM credentials of the user: PBKDF2 in the pool, a bounded number
 * at once. A right password is remembered for some minutes as a keyed hash, never as itself. Unknown
 * users cost the same PBKDF2 as wrong passwords, so that time does not tell them apart.
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
    if (login === undefined)
      return done({ kind: 'failed', cause: 'malformed', reason: 'malformed PLAIN message' });
    const found = this.#options.findCredentials(login.user);
    const key = this.#cacheKey(login);
    const cached = this.#findCached(key, found);
    if (cached !== undefined) return done(succeeded(login, cached));
    this.#enqueue((finished) =>
      this.#match(login, { found, hashes: HASHES }, (credential) => {
        finished();
        if (credential === undefined) {
          const reason = found.length === 0 ? 'unknown user' : 'wrong password';
          return done({ kind: 'failed', cause: 'credentials', reason, clientMessage: REFUSAL });
        }
        this.#remember(key, credential);
        done(succeeded(login, credential));
      }),
    );
  }

  #enqueue(work: (finished: () => void) => void): void {
    const start = () => {
      this.#running++;
      work(() => {
        this.#running--;
        this.#waiting.shift()?.();
      });
    };
    if (this.#running < PLAIN_CHECKS_MAX) start();
    else this.#waiting.push(start);
  }

  /** Gives the credential that the password fits; tries the hashes in turn. */
  #match(
    login: PlainLogin,
    { found, hashes }: { found: readonly HashedCredential[]; hashes: readonly ScramHash[] },
    done: (credential: ScramCredential | undefined) => void,
  ): void {
    const [hash, ...further] = hashes;
    if (hash === undefined) return done(undefined);
    const { crypto, decoy } = this.#options;
    const credential = found.find((candidate) => candidate.hash === hash)?.credential;
    const request = {
      password: login.password.reveal(),
      salt: credential?.salt ?? decoy.secret.subarray(0, decoy.saltBytes),
      iterations: credential?.iterations ?? decoy.iterations,
      length: KEY_BYTES[hash],
      hash,
    };
    crypto.pbkdf2(request, (_, saltedPassword) => {
      const isRight =
        credential !== undefined &&
        saltedPassword !== undefined &&
        isSaltedPassword(crypto, hash, { saltedPassword, storedKey: credential.storedKey });
      if (isRight) done(credential);
      else this.#match(login, { found, hashes: further }, done);
    });
  }

  #cacheKey(login: PlainLogin): string {
    const text = Buffer.from(`${login.user}\0${login.password.reveal()}`);
    return this.#options.crypto.hmac('sha256', this.#cacheSecret, text).toString('base64');
  }

  #findCached(key: string, found: readonly HashedCredential[]): ScramCredential | undefined {
    const cached = this.#cache.get(key);
    if (cached === undefined) return undefined;
    const isFresh = cached.expiresMs > this.#options.clock.monotonicMs();
    const fitting = found.find(({ credential }) => cached.storedKey.equals(credential.storedKey));
    if (!isFresh || fitting === undefined) this.#cache.delete(key);
    return isFresh ? fitting?.credential : undefined;
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

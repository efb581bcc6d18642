import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError } from '@weirhouse/shared-kernel';

/**
 * The cost of scrypt (RFC 7914): 32 MiB and some 100 ms a hash, one of OWASP's equal choices
 * (password storage, 2024). A stored hash says its own cost, and is replaced at the next sign-in
 * after these numbers change.
 */
const COST = { log2N: 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** What scrypt may allocate, in bytes: 128 * N * r and some room. */
const MEMORY_BYTES_MAX = 64 * 1024 * 1024;
/** Hashes made at a time: each holds 32 MiB and a thread. */
const RUNNING_MAX = 2;
/** Hashes that may wait; more are refused, so that sign-ins cannot use up the memory. */
const WAITING_MAX = 32;

interface Cost {
  readonly log2N: number;
  readonly r: number;
  readonly p: number;
}

/** What a stored hash says. */
interface Parsed extends Cost {
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/** Hashes and checks passwords, a few at a time. */
export class PasswordHasher {
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  /** The stored form, `scrypt$15$8$3$salt$hash`. Throws `unavailable` when too many wait. */
  async hash(password: string): Promise<string> {
    const salt = randomBytes(SALT_BYTES);
    const hash = await this.#derive(password, salt, COST);
    const { log2N, r, p } = COST;
    return `scrypt$${log2N}$${r}$${p}$${salt.toString('base64')}$${hash.toString('base64')}`;
  }

  /**
   * Whether the password is the stored one. Takes as long when nothing is stored, so that nobody
   * learns by the clock which accounts there are. Throws `unavailable` when too many wait.
   */
  async matches(password: string, stored: string | undefined): Promise<boolean> {
    const known = stored === undefined ? undefined : parse(stored);
    const { salt, hash, ...cost } = known ?? { ...COST, salt: NO_SALT, hash: NO_HASH };
    const actual = await this.#derive(password, salt, cost);
    return timingSafeEqual(actual, hash) && known !== undefined;
  }

  /** True when the stored hash was made at another cost than today's. */
  isOutdated(stored: string): boolean {
    const { log2N, r, p } = parse(stored);
    return log2N !== COST.log2N || r !== COST.r || p !== COST.p;
  }

  async #derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
    await this.#enter();
    try {
      return await derive(password.normalize('NFKC'), salt, cost);
    } finally {
      // The place goes to who waits, or becomes free.
      const next = this.#waiting.shift();
      if (next === undefined) this.#running -= 1;
      else next();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < RUNNING_MAX) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= WAITING_MAX)
      throw new AppError('unavailable', 'Too many people sign in right now: try again soon.');
    await new Promise<void>((resolve) => void this.#waiting.push(resolve));
  }
}

const NO_SALT = Buffer.alloc(SALT_BYTES);
const NO_HASH = Buffer.alloc(HASH_BYTES);

function derive(password: string, salt: Buffer, cost: Cost): Promise<Buffer> {
  const options = { N: 2 ** cost.log2N, r: cost.r, p: cost.p, maxmem: MEMORY_BYTES_MAX };
  return new Promise((resolve, reject) => {
    scrypt(password, salt, HASH_BYTES, options, (error, hash) => {
      if (error === null) resolve(hash);
      else reject(error);
    });
  });
}

function parse(stored: string): Parsed {
  const [, log2N, r, p, salt = '', hash = ''] =
    /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([\w+/=]+)\$([\w+/=]+)$/u.exec(stored) ?? [];
  const parsed = {
    log2N: Number(log2N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64'),
    hash: Buffer.from(hash, 'base64'),
  };
  if (parsed.hash.length !== HASH_BYTES)
    throw new AppError('corrupt', 'A stored password hash is damaged.');
  return parsed;
}

/** What tells one stored password from the next, without being it. */
export function fingerprintOf(passwordHash: string | undefined): string {
  return createHash('sha256')
    .update(passwordHash ?? '')
    .digest('base64url');
}

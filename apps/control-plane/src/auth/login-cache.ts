import type { Clock } from '@weirhouse/shared-kernel';

/** Keys kept at most: more are looked up each time. */
const ENTRIES_MAX = 1_000;
/** How long a key is kept, in milliseconds: another process may delete it meanwhile. */
const ENTRY_MAX_MS = 2_000;

/**
 * Remembers what was found for a short time. Whatever this process commits empties it, so a key
 * deleted here opens nothing from that moment on.
 */
export class LoginCache<Login> {
  readonly #entries = new Map<string, { readonly login: Login; readonly endMs: number }>();
  readonly #clock: Clock;
  #epoch = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The remembered one, else what `find` answers, which is remembered unless it is undefined. */
  async get(
    id: string,
    find: (id: string) => Promise<Login | undefined>,
  ): Promise<Login | undefined> {
    const nowMs = this.#clock.monotonicMs();
    const entry = this.#entries.get(id);
    if (entry !== undefined && nowMs < entry.endMs) return entry.login;
    const epoch = this.#epoch;
    const login = await find(id);
    // What was read before a commit may be what the commit changed.
    if (login !== undefined && epoch === this.#epoch) this.#put(id, login, nowMs + ENTRY_MAX_MS);
    return login;
  }

  /** Forgets everything. */
  clear(): void {
    this.#epoch += 1;
    this.#entries.clear();
  }

  #put(id: string, login: Login, endMs: number): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size >= ENTRIES_MAX && oldest !== undefined) this.#entries.delete(oldest);
    this.#entries.set(id, { login, endMs });
  }
}

import { createHash } from 'node:crypto';
import type { SqlQuery } from '@prisma/driver-adapter-utils';

/** Statements that get a name: each connection keeps a plan for each, of some ten KiB. */
const NAMES_MAX = 400;
/** Texts seen once that are remembered: what comes again is worth a plan. */
const SEEN_MAX = 2_000;
/** Longer texts are lists of values, which seldom come again; in characters. */
const TEXT_MAX = 8_192;
/** Characters of a hash in a name: two texts of one name would be refused by the driver, not mixed up. */
const HASH_CHARS = 24;
/** Others are cheap to plan, or change the session. */
const NAMED = /^\s*(?:SELECT|INSERT|UPDATE|DELETE|WITH)\b/iu;

/**
 * Names the statements that come again and again, so that the database reads and plans each once per connection.
 * Whatever is asked, there are no more names than connections can hold. A name is made of its text, because
 * connections may serve more than one client of this process.
 */
export class StatementNames {
  readonly #names = new Map<string, string>();
  readonly #seen = new Set<string>();

  /** The name of a statement; empty = it has none. */
  nameOf({ sql }: Pick<SqlQuery, 'sql'>): string {
    const name = this.#names.get(sql);
    if (name !== undefined) return name;
    if (this.#names.size >= NAMES_MAX || sql.length > TEXT_MAX || !NAMED.test(sql)) return '';
    if (!this.#seen.delete(sql)) {
      if (this.#seen.size >= SEEN_MAX) this.#seen.clear();
      this.#seen.add(sql);
      return '';
    }
    const hash = createHash('sha256').update(sql).digest('hex').slice(0, HASH_CHARS);
    const made = `weirhouse_${hash}`;
    this.#names.set(sql, made);
    return made;
  }
}

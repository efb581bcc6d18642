import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';

/** How keys are got and kept; times in ms. */
export interface JwksOptions {
  /** https:, http:, file: or data: (the key set itself). */
  readonly url: URL;
  readonly refreshMs: number;
  readonly retryBackoffMs: number;
  readonly retryBackoffMsMax: number;
  /** Told of every load, for logs and metrics. */
  readonly onLoad: (error: Error | undefined) => void;
  readonly now?: () => number;
  readonly load?: (url: URL) => Promise<string>;
}

/** Bytes of a key set: those of identity providers have some KiB. */
const JWKS_BYTES_MAX = 524_288;
const JWKS_KEYS_MAX = 1_000;
const LOAD_MS_MAX = 5_000;
/** A key that is not known makes us look again at most this often: tokens can name any key. */
const UNKNOWN_KEY_COOLDOWN_MS = 30_000;

/** Thrown when there are no keys at all to check with. */
export class KeysUnavailable extends Error {}

type LocalKeys = ReturnType<typeof createLocalJWKSet>;

/**
 * The keys of an identity provider, by their ids.
 *
 * | keys  | a token comes                              | leads to                                      |
 * |-------|--------------------------------------------|-----------------------------------------------|
 * | none  | and no failed load is too recent           | a load that all who come meanwhile wait for   |
 * | none  | shortly after a failed load                | `KeysUnavailable`                             |
 * | held  | its key is known                           | that key; a load behind it when they are old  |
 * | held  | its key is unknown, no look for a while    | a load that it waits for, then one more look  |
 *
 * Keys are kept over failed loads: a provider that is down for an hour locks nobody out.
 */
export class Jwks {
  readonly #options: JwksOptions;
  readonly #now: () => number;
  #keys: LocalKeys | undefined;
  #loading: Promise<void> | undefined;
  #loadedMs = -Infinity;
  #lookedMs = -Infinity;
  #failures = 0;
  #retryMs = -Infinity;

  constructor(options: JwksOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Finds the key of a token. Throws `KeysUnavailable`, or an error of jose when there is no such key. */
  readonly find: JWTVerifyGetKey = async (header, token) => {
    await this.#ensure();
    try {
      return await this.#known()(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !this.#mayLookAgain()) throw error;
      this.#lookedMs = this.#now();
      await this.#load();
      return this.#known()(header, token);
    }
  };

  #known(): LocalKeys {
    if (this.#keys === undefined) throw new KeysUnavailable('the keys could not be loaded');
    return this.#keys;
  }

  #mayLookAgain(): boolean {
    const now = this.#now();
    return now - this.#lookedMs >= UNKNOWN_KEY_COOLDOWN_MS && now >= this.#retryMs;
  }

  async #ensure(): Promise<void> {
    const now = this.#now();
    const isOld = now - this.#loadedMs >= this.#options.refreshMs;
    if (!isOld || now < this.#retryMs) return;
    const loading = this.#load();
    if (this.#keys === undefined) await loading;
  }

  /** One load at a time; never rejects: what was held before stays. */
  #load(): Promise<void> {
    this.#loading ??= this.#loadOnce().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #loadOnce(): Promise<void> {
    const { load = loadText, onLoad, retryBackoffMs, retryBackoffMsMax, url } = this.#options;
    try {
      this.#keys = createLocalJWKSet(parseKeySet(await load(url)));
      this.#failures = 0;
      this.#loadedMs = this.#now();
      onLoad(undefined);
    } catch (error) {
      const backoffMs = Math.min(retryBackoffMsMax, retryBackoffMs * 2 ** this.#failures++);
      this.#retryMs = this.#now() + backoffMs;
      onLoad(error instanceof Error ? error : new Error(String(error)));
    }
  }
}

function parseKeySet(text: string): JSONWebKeySet {
  const content = JSON.parse(text) as Partial<JSONWebKeySet> | null;
  const keys = content?.keys;
  if (!Array.isArray(keys)) throw new Error('the key set has no "keys"');
  if (keys.length > JWKS_KEYS_MAX) throw new Error(`the key set has over ${JWKS_KEYS_MAX} keys`);
  return { keys };
}

async function loadText(url: URL): Promise<string> {
  if (url.protocol === 'file:') {
    const path = fileURLToPath(url);
    if ((await stat(path)).size > JWKS_BYTES_MAX) throw tooLarge();
    return readFile(path, 'utf8');
  }
  const signal = AbortSignal.timeout(LOAD_MS_MAX);
  // A redirect could lead anywhere: the configured address answers by itself.
  const response = await fetch(url, { redirect: 'error', signal });
  if (!response.ok) throw new Error(`the provider answered ${response.status}`);
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > JWKS_BYTES_MAX) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function tooLarge(): Error {
  return new Error(`the key set has over ${JWKS_BYTES_MAX} bytes`);
}

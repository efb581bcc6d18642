import { Inject, Injectable } from '@nestjs/common';
import { calculateJwkThumbprint, exportJWK, exportPKCS8, generateKeyPair, importJWK } from 'jose';
import { importPKCS8, type CryptoKey, type JWK } from 'jose';
import { DATABASE, type Database } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { openSecret, sealSecret } from '../secrets/envelope.ts';
import type { StoredSigningKey } from './signing-keys.repository.ts';

/** The algorithm of every token: small signatures, known to every client of the contract. */
export const TOKEN_ALGORITHM = 'ES256';

const DAY_MS = 86_400_000;
/** How long a key signs, in milliseconds. */
const SIGN_MS = 30 * DAY_MS;
/** How long it verifies after that, in milliseconds: far longer than any token lives. */
const OVERLAP_MS = DAY_MS;
/** How long what was read from the database is good, in milliseconds: another process may rotate. */
const READ_AGAIN_MS = 60_000;
/** How often an unknown key id makes us look again, in milliseconds: strangers can send any. */
const LOOK_AGAIN_MS = 2_000;

interface Loaded {
  readonly atMs: number;
  readonly keys: readonly StoredSigningKey[];
}

/**
 * The keys that sign tokens. The newest signs for 30 days; the next one is made when it is needed,
 * and the old one verifies for another day.
 */
@Injectable()
export class SigningKeys {
  #loaded: Loaded | undefined;
  #loading: Promise<Loaded> | undefined;
  readonly #private = new Map<string, CryptoKey>();
  readonly #public = new Map<string, CryptoKey>();

  constructor(
    private readonly repositories: Repositories,
    @Inject(DATABASE) private readonly database: Database,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** The key to sign with now; makes one when there is none or the newest has signed long enough. */
  async current(): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
    const [newest] = (await this.#load(READ_AGAIN_MS)).keys;
    const isFresh =
      newest !== undefined && this.ports.clock.wallMs() < newest.createdAtMs + SIGN_MS;
    return this.#privateOf(isFresh ? newest : await this.#make());
  }

  /** The key that verifies what `kid` signed, or undefined when there is none any more. */
  async find(kid: string): Promise<CryptoKey | undefined> {
    const stored =
      findKey((await this.#load(READ_AGAIN_MS)).keys, kid) ??
      findKey((await this.#load(LOOK_AGAIN_MS)).keys, kid);
    if (stored === undefined || stored.expiresAtMs <= this.ports.clock.wallMs()) return undefined;
    const known = this.#public.get(kid);
    if (known !== undefined) return known;
    const key = (await importJWK(stored.publicJwk, TOKEN_ALGORITHM)) as CryptoKey;
    this.#public.set(kid, key);
    return key;
  }

  /** Every public key that verifies now (RFC 7517 section 5). */
  async publicKeys(): Promise<{ readonly keys: readonly JWK[] }> {
    const { keys } = await this.#load(READ_AGAIN_MS);
    const nowMs = this.ports.clock.wallMs();
    return { keys: keys.filter((key) => key.expiresAtMs > nowMs).map((key) => key.publicJwk) };
  }

  async #load(maxAgeMs: number): Promise<Loaded> {
    const loaded = this.#loaded;
    if (loaded !== undefined && this.ports.clock.monotonicMs() - loaded.atMs < maxAgeMs)
      return loaded;
    this.#loading ??= this.#read().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  async #read(): Promise<Loaded> {
    const atMs = this.ports.clock.monotonicMs();
    this.#loaded = { atMs, keys: await this.repositories.signingKeys.list() };
    return this.#loaded;
  }

  async #make(): Promise<StoredSigningKey> {
    const pair = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
    const jwk = await exportJWK(pair.publicKey);
    const id = await calculateJwkThumbprint(jwk);
    const plain = Buffer.from(await exportPKCS8(pair.privateKey));
    const nowMs = this.ports.clock.wallMs();
    const made: StoredSigningKey = {
      id,
      publicJwk: { ...jwk, kid: id, alg: TOKEN_ALGORITHM, use: 'sig' },
      privateEncrypted: Uint8Array.from(
        sealSecret(this.ports.masterKey, plain, signingKeyContext(id)),
      ),
      createdAtMs: nowMs,
      expiresAtMs: nowMs + SIGN_MS + OVERLAP_MS,
    };
    const { keys } = await this.#load(READ_AGAIN_MS);
    const expired = keys.filter((key) => key.expiresAtMs <= nowMs).map((key) => key.id);
    // Two processes may make one each at the same time: both verify everywhere, the newer one stays.
    await this.database.$transaction(async (tx) => {
      await this.repositories.signingKeys.delete(tx, expired);
      await this.repositories.signingKeys.insert(tx, made);
    });
    this.#private.clear();
    this.#public.clear();
    await this.#read();
    return made;
  }

  async #privateOf(
    stored: StoredSigningKey,
  ): Promise<{ readonly kid: string; readonly key: CryptoKey }> {
    const { id: kid, privateEncrypted } = stored;
    const known = this.#private.get(kid);
    if (known !== undefined) return { kid, key: known };
    const plain = openSecret(this.ports.masterKey, privateEncrypted, signingKeyContext(kid));
    const key = await importPKCS8(plain.toString(), TOKEN_ALGORITHM);
    this.#private.set(kid, key);
    return { kid, key };
  }
}

/** What a sealed signing key is bound to. */
export function signingKeyContext(id: string): string {
  return `signing-key:${id}`;
}

function findKey(keys: readonly StoredSigningKey[], kid: string): StoredSigningKey | undefined {
  return keys.find((key) => key.id === kid);
}

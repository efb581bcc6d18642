import type { SecureContextOptions } from 'node:tls';
import { loadTlsMaterial, materialSignature, type TlsMaterial } from './tls-material.ts';
import type { TlsSettings } from './tls-settings.ts';

/** Construction of a keeper; the reports are for log and metrics. */
export interface TlsKeeperOptions {
  /** Asked at every look, because settings can change at run time as well. Throws what is wrong with them. */
  readonly settings: () => TlsSettings;
  /** How often settings and files are looked at; every five seconds when absent. */
  readonly pollMs?: number;
  readonly onReload: (error: Error | undefined) => void;
}

const POLL_MS = 5_000;

/**
 * Keeps what a listener serves TLS with the same as its settings and files: certificates are renewed
 * without a restart.
 *
 * | state     | settings and files                    | leads to                                        |
 * |-----------|---------------------------------------|-------------------------------------------------|
 * | as loaded | look different                        | changing                                        |
 * | changing  | look different again                  | changing: somebody is writing                   |
 * | changing  | look the same for one more look, good | loaded; new connections get the new certificate |
 * | changing  | look the same for one more look, bad  | the old stay in use, one error is reported      |
 */
export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  /** Whether clients are asked for certificates: as at the start, for a server asks all or none. */
  readonly clientAuth: TlsSettings['clientAuth'];
  #material: TlsMaterial;
  #loaded: string;
  #seen: string;
  #apply: ((context: SecureContextOptions) => void) | undefined;

  /** Throws `invalid_argument` for settings or files that cannot be used. */
  constructor(options: TlsKeeperOptions) {
    this.#options = options;
    const settings = options.settings();
    this.clientAuth = settings.clientAuth;
    this.#loaded = materialSignature(settings);
    this.#seen = this.#loaded;
    this.#material = loadTlsMaterial(settings);
    this.#timer = setInterval(() => this.look(), options.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  /** What is in use now. */
  get material(): TlsMaterial {
    return this.#material;
  }

  /** `apply` is called with everything new that is good. */
  follow(apply: (context: SecureContextOptions) => void): void {
    this.#apply = apply;
  }

  /** Looks once; the timer does it. */
  look(): void {
    const wanted = this.#wanted();
    if (!this.#isNew(wanted.signature)) return;
    try {
      if (wanted.settings === undefined) throw wanted.fault;
      this.#material = loadTlsMaterial(wanted.settings);
      this.#apply?.(this.#material.context);
    } catch (error) {
      return this.#options.onReload(error instanceof Error ? error : new Error(String(error)));
    }
    this.#options.onReload(undefined);
  }

  /** What the settings ask for now; settings that make no sense are known by their fault. */
  #wanted(): { signature: string; settings?: TlsSettings; fault?: unknown } {
    try {
      const settings = this.#options.settings();
      return { settings, signature: materialSignature(settings) };
    } catch (fault) {
      return { fault, signature: String(fault) };
    }
  }

  /** True once for everything that is not what was loaded and has come to rest. */
  #isNew(signature: string): boolean {
    const isStill = signature === this.#seen;
    this.#seen = signature;
    if (!isStill || signature === this.#loaded) return false;
    this.#loaded = signature;
    return true;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

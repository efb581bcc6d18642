import type { SecureContextOptions } from 'node:tls';
import { loadTlsMaterial, materialSignature, type TlsMaterial } from './tls-material.ts';
import type { TlsSettings } from './tls-settings.ts';

/** Construction of a keeper; the reports are for log and metrics. */
export interface TlsKeeperOptions {
  readonly settings: TlsSettings;
  /** How often the files are looked at; every five seconds when absent. */
  readonly pollMs?: number;
  readonly onReload: (error: Error | undefined) => void;
}

const POLL_MS = 5_000;

/**
 * Keeps what a listener serves TLS with the same as its files: certificates are renewed without a restart.
 *
 * | state     | the files                             | leads to                                        |
 * |-----------|---------------------------------------|-------------------------------------------------|
 * | as loaded | look different                        | changing                                        |
 * | changing  | look different again                  | changing: somebody is writing                   |
 * | changing  | look the same for one more look, good | loaded; new connections get the new certificate |
 * | changing  | look the same for one more look, bad  | the old stay in use, one error is reported      |
 */
export class TlsKeeper {
  readonly #options: TlsKeeperOptions;
  readonly #timer: NodeJS.Timeout;
  #material: TlsMaterial;
  #loaded: string;
  #seen: string;
  #apply: ((context: SecureContextOptions) => void) | undefined;

  /** Throws `invalid_argument` for files that cannot be used. */
  constructor(options: TlsKeeperOptions) {
    this.#options = options;
    this.#loaded = materialSignature(options.settings);
    this.#seen = this.#loaded;
    this.#material = loadTlsMaterial(options.settings);
    this.#timer = setInterval(() => this.look(), options.pollMs ?? POLL_MS);
    this.#timer.unref();
  }

  get settings(): TlsSettings {
    return this.#options.settings;
  }

  /** What is in use now. */
  get material(): TlsMaterial {
    return this.#material;
  }

  /** `apply` is called with everything new that is good. */
  follow(apply: (context: SecureContextOptions) => void): void {
    this.#apply = apply;
  }

  /** Looks at the files once; the timer does it. */
  look(): void {
    const signature = materialSignature(this.settings);
    const isStill = signature === this.#seen;
    this.#seen = signature;
    if (!isStill || signature === this.#loaded) return;
    this.#loaded = signature;
    try {
      this.#material = loadTlsMaterial(this.settings);
      this.#apply?.(this.#material.context);
      this.#options.onReload(undefined);
    } catch (error) {
      this.#options.onReload(error instanceof Error ? error : new Error(String(error)));
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

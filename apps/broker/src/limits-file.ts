import { readFileSync } from 'node:fs';
import type { BrokerLimits } from '@weirhouse/broker-core';
import { AppError, type Log } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** How often the file is looked at: whoever resizes a cluster waits no longer than this. */
const POLL_MS = 500;

const amount = z.int().min(1).optional();

const LimitsSchema = z.strictObject({
  partitions: amount,
  connections: amount,
  ingressBytesPerSecond: amount,
  egressBytesPerSecond: amount,
  storageBytes: amount,
});

/**
 * Keeps the broker's limits the same as a file that the platform writes. A file that cannot be read
 * stops a start; later the limits in effect stay, and the fault is logged once.
 */
export class LimitsFile {
  readonly #path: string | undefined;
  readonly #log: Log;
  readonly #timer: NodeJS.Timeout | undefined;
  #text = '';
  #current: BrokerLimits = {};

  /** Throws `invalid_argument` when there is a path and no limits behind it. */
  constructor(path: string | undefined, log: Log) {
    this.#path = path;
    this.#log = log;
    if (path === undefined) return;
    this.#text = read(path);
    this.#current = parse(path, this.#text);
    this.#timer = setInterval(() => this.look(), POLL_MS).unref();
  }

  /** The limits in effect. */
  get current(): BrokerLimits {
    return this.#current;
  }

  /** Looks once; the timer does it. */
  look(): void {
    if (this.#path === undefined) return;
    try {
      const text = read(this.#path);
      if (text === this.#text) return;
      this.#text = text;
      this.#current = parse(this.#path, text);
      this.#log.info({ limits: this.#current }, 'the limits of this broker have changed');
    } catch (error) {
      this.#log.warn({ error }, 'the new limits of this broker cannot be used');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError('invalid_argument', `limits.file: ${path} cannot be read.`, {
      field: 'limits.file',
      cause,
    });
  }
}

function parse(path: string, text: string): BrokerLimits {
  try {
    return LimitsSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError('invalid_argument', `limits.file: ${path} does not hold limits.`, {
      field: 'limits.file',
      cause,
    });
  }
}

import {
  createHash,
  createHmac,
  pbkdf2,
  randomBytes,
  randomInt,
  timingSafeEqual,
} from 'node:crypto';
import type { BrokerPorts, CryptoPort, Probe } from '@weirhouse/broker-core';
import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';
import { type LeveledLog, processLoggers } from './loggers.ts';

/** The system's clocks. */
export const clock: Clock = { wallMs: () => Date.now(), monotonicMs: () => performance.now() };

const random: Random = {
  bytes: (length) => randomBytes(length),
  below: (bound) => randomInt(bound),
};

const timers: Timers = {
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

const crypto: CryptoPort = {
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  hash: (hash, data) => createHash(hash).update(data).digest(),
  pbkdf2({ password, salt, iterations, length, hash }, done) {
    pbkdf2(password, salt, iterations, length, hash, (error, key) =>
      error === null ? done(undefined, key) : done(error),
    );
  },
  timingSafeEqual: (a, b) => a.length === b.length && timingSafeEqual(a, b),
  randomBytes: (length) => randomBytes(length),
};

/** Runs at the end of this turn of the loop, after every socket that was readable has been read. */
const afterTurn = (callback: () => void): void => void setImmediate(callback);

/** The outside world of a real process, as the broker's core sees it. */
export function processPorts(log: Log & LeveledLog, probe: Probe): BrokerPorts {
  const loggers = processLoggers(log);
  return { clock, random, timers, crypto, log, loggers, probe, afterTurn };
}

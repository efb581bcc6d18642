import { randomBytes, randomInt } from 'node:crypto';
import type { Prices } from '@weirhouse/cloud-plan';
import type { Clock, Random, Timers } from '@weirhouse/shared-kernel';
import type { AttemptLimits } from './auth/attempt-limiter.ts';
import type { RequestRates } from './http/request-limits.ts';
import type { IssuerNetworks } from './identity-providers/issuer-fetch.ts';
import type { OidcSettings } from './oidc/oidc-issuer.ts';
import type { Region } from './regions/region-catalogue.ts';
import type { MasterKey } from './secrets/master-key.ts';

/** What services need of the world beside the database. */
export interface ServicePorts {
  readonly clock: Clock;
  readonly random: Random;
  readonly masterKey: MasterKey;
  /** How many failed tries are let go; absent = the usual limits. */
  readonly attemptLimits?: AttemptLimits;
  /** Where clusters can be made; absent = on this machine. */
  readonly regions?: readonly Region[];
  /** How often callers may ask; absent = as often as they like. */
  readonly requestRates?: RequestRates;
  /** Where issuers of identity providers may lie; absent = on public addresses. */
  readonly issuerNetworks?: IssuerNetworks;
  /** What usage costs; absent = nothing. */
  readonly prices?: Prices;
  /** Where people may sign in beside here; absent = nowhere. */
  readonly oidc?: OidcSettings;
}

/** Nest's tokens of what the process gives to the app. */
export const PORTS = Symbol('PORTS');
export const LOG = Symbol('LOG');
export const METRICS = Symbol('METRICS');

/** The machine's clocks. */
export const systemClock: Clock = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};

/** The system's generator. */
export const systemRandom: Random = {
  bytes: (length) => randomBytes(length),
  below: (bound) => randomInt(bound),
};

/** The machine's timers. */
export const systemTimers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

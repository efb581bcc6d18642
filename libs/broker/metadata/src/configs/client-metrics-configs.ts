import { distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** All settings of a client metrics subscription (KIP-714), by name. */
export const CLIENT_METRICS_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  [
    define('metrics', 'LIST', '', {
      check: distinctList(),
      doc: 'Prefixes of the metrics that clients push; one empty prefix means all.',
    }),
    define('interval.ms', 'INT', '300000', { doc: 'How often clients push their metrics.' }),
    define('match', 'LIST', '', {
      check: distinctList(),
      doc: 'What clients must be like, each as selector=pattern; empty means all clients.',
    }),
  ].map((entry) => [entry.name, entry]),
);

/** Bounds of interval.ms, as KIP-714 sets them. */
const INTERVAL_MS_MIN = 100;
const INTERVAL_MS_MAX = 3_600_000;

const SELECTORS = new Set([
  'client_instance_id',
  'client_id',
  'client_software_name',
  'client_software_version',
  'client_source_address',
  'client_source_port',
]);

/** The fault of an interval, or undefined. */
export function findIntervalFault(overrides: ReadonlyMap<string, string>): string | undefined {
  const text = overrides.get('interval.ms');
  if (text === undefined) return undefined;
  const intervalMs = Number(text);
  if (intervalMs >= INTERVAL_MS_MIN && intervalMs <= INTERVAL_MS_MAX) return undefined;
  return `interval.ms must be from ${INTERVAL_MS_MIN} to ${INTERVAL_MS_MAX}, not ${text}`;
}

/** The fault of the patterns that choose clients, or undefined. */
export function findMatchFault(overrides: ReadonlyMap<string, string>): string | undefined {
  const text = overrides.get('match') ?? '';
  const bad = text === '' ? undefined : text.split(',').find((item) => !isMatch(item));
  return bad === undefined ? undefined : `Illegal pattern for clients: ${bad}`;
}

function isMatch(item: string): boolean {
  const [selector = '', ...rest] = item.split('=');
  if (rest.length === 0 || !SELECTORS.has(selector.trim())) return false;
  try {
    // Compiled for its syntax only; nothing a stranger wrote is ever matched with it.
    return new RegExp(rest.join('=')).source !== '';
  } catch {
    return false;
  }
}

import { unreachable } from '@weirhouse/shared-kernel';

/** What a parsed setting must satisfy, as data so that documentation can print it. */
export type ConfigCheck =
  | { readonly kind: 'any' }
  | { readonly kind: 'at-least'; readonly min: number }
  | { readonly kind: 'between'; readonly min: number; readonly max: number }
  | { readonly kind: 'either'; readonly value: number; readonly min: number; readonly max: number }
  | { readonly kind: 'one-of'; readonly values: readonly string[] }
  | { readonly kind: 'list-of'; readonly values: readonly string[] }
  | { readonly kind: 'distinct-list'; readonly min: number }
  | { readonly kind: 'address-limits' }
  | { readonly kind: 'offset-reset' }
  | { readonly kind: 'throttled-replicas' }
  | { readonly kind: 'unsupported'; readonly allowed: string; readonly reason: string };

/** A number that is `min` or more. */
export function atLeast(min: number): ConfigCheck {
  return { kind: 'at-least', min };
}

/** A number from `min` to `max`, both included. */
export function between(min: number, max: number): ConfigCheck {
  return { kind: 'between', min, max };
}

/** One of the texts. */
export function oneOf(...values: readonly string[]): ConfigCheck {
  return { kind: 'one-of', values };
}

/** A list of the texts, each at most once; it may be empty. */
export function listOf(...values: readonly string[]): ConfigCheck {
  return { kind: 'list-of', values };
}

/** A list without repetition, of at least `min` items. */
export function distinctList(min = 0): ConfigCheck {
  return { kind: 'distinct-list', min };
}

/** Where a share group begins (KIP-932): an end of the log, or a duration of ISO 8601 ago. */
const OFFSET_RESET =
  /^(earliest|latest|by_duration:P(?=.)(\d+D)?(T(?=.)(\d+H)?(\d+M)?(\d+(\.\d+)?S)?)?)$/;

const ADDRESS_LIMIT = /^\S+:\d{1,10}$/;

const THROTTLED_REPLICA = /^\d+:\d+$/;

/** The fault of a parsed value as the end of a sentence, or undefined when there is none. */
export function checkConfigValue(
  check: ConfigCheck,
  value: boolean | number | string | readonly string[],
): string | undefined {
  switch (check.kind) {
    case 'any':
      return undefined;
    case 'at-least':
      return Number(value) >= check.min ? undefined : `must be at least ${check.min}`;
    case 'between':
      return isBetween(Number(value), check)
        ? undefined
        : `must be from ${check.min} to ${check.max}`;
    case 'either':
      return value === check.value || isBetween(Number(value), check)
        ? undefined
        : `must be ${check.value} or from ${check.min} to ${check.max}`;
    case 'one-of':
      return check.values.includes(String(value))
        ? undefined
        : `must be one of ${check.values.join(', ')}`;
    case 'list-of':
      return listFault(value as readonly string[], check.values);
    case 'distinct-list':
      return distinctFault(value as readonly string[], check.min);
    case 'address-limits':
      return addressLimitsFault(String(value));
    case 'offset-reset':
      return OFFSET_RESET.test(String(value))
        ? undefined
        : 'must be earliest, latest or by_duration:<PnDTnHnMn.nS>';
    case 'throttled-replicas':
      return throttledReplicasFault(value as readonly string[]);
    case 'unsupported':
      return String(value) === check.allowed ? undefined : check.reason;
    default:
      return unreachable(check);
  }
}

function isBetween(value: number, range: { readonly min: number; readonly max: number }): boolean {
  return value >= range.min && value <= range.max;
}

function listFault(items: readonly string[], allowed: readonly string[]): string | undefined {
  if (items.some((item) => !allowed.includes(item))) {
    return `each item must be one of ${allowed.join(', ')}`;
  }
  return new Set(items).size === items.length ? undefined : 'an item must not be repeated';
}

function distinctFault(items: readonly string[], min: number): string | undefined {
  if (items.length < min) return 'must not be empty';
  if (items.includes('')) return 'an item must not be empty';
  return new Set(items).size === items.length ? undefined : 'an item must not be repeated';
}

/** `max.connections.per.ip.overrides`: a list of address:count. */
function addressLimitsFault(text: string): string | undefined {
  const items = text === '' ? [] : text.split(',').map((item) => item.trim());
  return items.every((item) => ADDRESS_LIMIT.test(item))
    ? undefined
    : 'must be a list of address:count';
}

/** KIP-73: empty, `*`, or a list of partition:broker. */
function throttledReplicasFault(items: readonly string[]): string | undefined {
  if (items.length === 1 && items[0] === '*') return undefined;
  return items.every((item) => THROTTLED_REPLICA.test(item))
    ? undefined
    : 'must be * or a list of partition:broker';
}

import { unreachable } from '@weirhouse/shared-kernel';
import { checkConfigValue, type ConfigCheck } from './checks.ts';

/** Kafka's names of configuration value types; `CONFIG_TYPE_IDS` has their wire ids. */
export type ConfigType =
  | 'BOOLEAN'
  | 'STRING'
  | 'INT'
  | 'SHORT'
  | 'LONG'
  | 'DOUBLE'
  | 'LIST'
  | 'CLASS'
  | 'PASSWORD';

/** Ids of value types in DescribeConfigs v3+ (KIP-569). */
export const CONFIG_TYPE_IDS: Readonly<Record<ConfigType, number>> = {
  BOOLEAN: 1,
  STRING: 2,
  INT: 3,
  SHORT: 4,
  LONG: 5,
  DOUBLE: 6,
  LIST: 7,
  CLASS: 8,
  PASSWORD: 9,
};

/**
 * Where a broker setting can be changed at run time: for all brokers and for one, for one only, for a
 * listener of one (`listener.name.<listener>.<setting>`), or nowhere.
 */
export type DynamicScope = 'cluster-wide' | 'per-broker' | 'per-listener' | 'read-only';

/** A broker setting that a topic setting falls back to. `unit` turns its number into the topic's. */
export interface BrokerSynonym {
  readonly name: string;
  /** Factor from the synonym's unit to the topic's, such as 3,600,000 from hours to milliseconds. */
  readonly unit: number;
}

/** One setting as data: what it is called, what it may hold, and one sentence of ours about it. */
export interface ConfigDefinition {
  readonly name: string;
  readonly type: ConfigType;
  /** Text form of the default; null = unset. */
  readonly defaultValue: string | null;
  readonly check: ConfigCheck;
  readonly documentation: string;
  /** Topic settings: broker settings behind it, highest precedence first. */
  readonly synonyms: readonly BrokerSynonym[];
  /** Broker settings: who may change it at run time. Topic settings are always changeable. */
  readonly dynamic: DynamicScope;
  /** Kafka keeps these to itself: they are told to clients once someone has set them. */
  readonly internal: boolean;
}

/** Whether a setting is told to clients: internal ones only when someone has set them. */
export function isListed(
  definition: ConfigDefinition,
  overrides: { has(name: string): boolean },
): boolean {
  return !definition.internal || overrides.has(definition.name);
}

/** A parsed value: what `parseConfigValue` makes of a text. Int64 values are rounded to doubles. */
export type ConfigValue = boolean | number | string | readonly string[];

/** Outcome of parsing: the value with its canonical text, or a sentence naming field and fault. */
export type ParsedConfig =
  | { readonly ok: true; readonly value: ConfigValue; readonly text: string }
  | { readonly ok: false; readonly message: string };

/** Kafka's way to say "no limit" in a LONG setting. */
export const LONG_MAX = '9223372036854775807';
const LONG_MIN_DIGITS = '9223372036854775808';
const INTEGER_PATTERN = /^([+-]?)0*(\d+)$/;
const DOUBLE_PATTERN = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const INTEGER_BITS: Readonly<Partial<Record<ConfigType, number>>> = { SHORT: 16, INT: 32 };

/** Parses and checks `text` for `definition`, by the rules of Kafka's configuration parser. */
export function parseConfigValue(definition: ConfigDefinition, text: string): ParsedConfig {
  const parsed = parseText(definition.type, text.trim());
  if (parsed === undefined) return invalid(definition, text, `is not a ${definition.type} value`);
  const fault = checkConfigValue(definition.check, parsed.value);
  return fault === undefined ? { ok: true, ...parsed } : invalid(definition, text, fault);
}

function invalid(definition: ConfigDefinition, text: string, fault: string): ParsedConfig {
  const shown = definition.type === 'PASSWORD' ? '[hidden]' : text;
  return {
    ok: false,
    message: `Invalid value ${shown} for configuration ${definition.name}: ${fault}`,
  };
}

interface Parsed {
  readonly value: ConfigValue;
  readonly text: string;
}

function parseText(type: ConfigType, text: string): Parsed | undefined {
  switch (type) {
    case 'BOOLEAN': {
      const lower = text.toLowerCase();
      if (lower !== 'true' && lower !== 'false') return undefined;
      return { value: lower === 'true', text: lower };
    }
    case 'SHORT':
    case 'INT':
    case 'LONG':
      return parseInteger(type, text);
    case 'DOUBLE':
      return parseDouble(text);
    case 'LIST': {
      const items = text === '' ? [] : text.split(',').map((item) => item.trim());
      return { value: items, text: items.join(',') };
    }
    case 'STRING':
    case 'CLASS':
    case 'PASSWORD':
      return { value: text, text };
    default:
      return unreachable(type);
  }
}

function parseInteger(type: ConfigType, text: string): Parsed | undefined {
  const match = INTEGER_PATTERN.exec(text);
  if (match === null) return undefined;
  const negative = match[1] === '-';
  const digits = match[2] ?? '';
  if (!fitsLong(digits, negative)) return undefined;
  const canonical = negative && digits !== '0' ? `-${digits}` : digits;
  const value = Number(canonical);
  const bits = INTEGER_BITS[type];
  if (bits !== undefined && (value >= 2 ** (bits - 1) || value < -(2 ** (bits - 1)))) {
    return undefined;
  }
  return { value, text: canonical };
}

/** Compares as text, because doubles cannot tell Long.MAX_VALUE from its successor. */
function fitsLong(digits: string, negative: boolean): boolean {
  const limit = negative ? LONG_MIN_DIGITS : LONG_MAX;
  return digits.length < limit.length || (digits.length === limit.length && digits <= limit);
}

function parseDouble(text: string): Parsed | undefined {
  if (!DOUBLE_PATTERN.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return { value, text: javaDouble(value) };
}

/** As Java prints a double, because tools compare the text: one decimal at least, E for exponents. */
function javaDouble(value: number): string {
  const size = Math.abs(value);
  if (size === 0 || (size >= 1e-3 && size < 1e7))
    return Number.isInteger(value) ? value.toFixed(1) : String(value);
  const [digits = '', exponent = ''] = value.toExponential().split('e');
  return `${digits.includes('.') ? digits : `${digits}.0`}E${Number(exponent)}`;
}

/** Options of `define`; what is left out is "anything goes", "no synonym", "read-only". */
export interface DefinitionOptions {
  readonly doc: string;
  readonly check?: ConfigCheck;
  readonly from?: readonly (string | BrokerSynonym)[];
  readonly dynamic?: DynamicScope;
  readonly internal?: boolean;
}

/** Builds one definition; the tables of settings are lists of these. */
export function define(
  name: string,
  type: ConfigType,
  defaultValue: string | null,
  options: DefinitionOptions,
): ConfigDefinition {
  return {
    name,
    type,
    defaultValue,
    check: options.check ?? { kind: 'any' },
    documentation: options.doc,
    synonyms: (options.from ?? []).map((synonym) =>
      typeof synonym === 'string' ? { name: synonym, unit: 1 } : synonym,
    ),
    dynamic: options.dynamic ?? 'read-only',
    internal: options.internal ?? false,
  };
}

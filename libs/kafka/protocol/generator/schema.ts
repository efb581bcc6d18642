import { readFileSync } from 'node:fs';

/**
 * The message schemas as the generator uses them: names in camelCase, version ranges as numbers,
 * defaults as TypeScript expressions. Rules: KIP-482 (flexible versions, tagged fields) and the
 * schema files' own conventions.
 */

/** Inclusive; `null` where no version matches. */
export type Range = { readonly min: number; readonly max: number } | null;

export type FieldType =
  | { readonly kind: 'primitive'; readonly name: string }
  | { readonly kind: 'struct'; readonly name: string }
  | { readonly kind: 'array'; readonly element: FieldType };

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly schemaType: string;
  readonly versions: Range;
  readonly nullable: Range;
  readonly tag: number | undefined;
  readonly tagged: Range;
  /** The default as the schema writes it; undefined where the schema has none. */
  readonly default: string | undefined;
  readonly ignorable: boolean;
  readonly entity: string | undefined;
  /** False for the one field that stays non-compact in flexible versions (RequestHeader.ClientId). */
  readonly compactWhenFlexible: boolean;
  /** int64 of which the nearest double is enough (schemas/extensions.json). */
  readonly nearest: boolean;
}

export interface Struct {
  readonly name: string;
  readonly fields: readonly Field[];
}

export interface Message {
  readonly name: string;
  readonly kind: string;
  readonly apiKey: number;
  readonly listeners: readonly string[];
  readonly versions: { readonly min: number; readonly max: number };
  readonly flexible: Range;
  readonly latestUnstable: boolean;
  /** The root struct first. */
  readonly structs: ReadonlyMap<string, Struct>;
}

interface RawField {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullableVersions?: string;
  readonly tag?: number;
  readonly taggedVersions?: string;
  readonly default?: string | number | boolean | null;
  readonly ignorable?: boolean;
  readonly entityType?: string;
  readonly flexibleVersions?: string;
  readonly fields?: readonly RawField[];
}

interface RawMessage {
  readonly apiKey?: number;
  readonly type: string;
  readonly name: string;
  readonly listeners?: readonly string[];
  readonly validVersions: string;
  readonly flexibleVersions?: string;
  readonly latestVersionUnstable?: boolean;
  readonly fields?: readonly RawField[];
  readonly commonStructs?: readonly {
    readonly name: string;
    readonly fields: readonly RawField[];
  }[];
}

interface Category {
  readonly messages: readonly RawMessage[];
}

interface Extensions {
  readonly fields: readonly {
    readonly message: string;
    readonly struct: string;
    readonly field: RawField;
  }[];
  readonly nearest: readonly string[];
}

const CATEGORIES = [
  'client-data',
  'group-coordinator-record',
  'header',
  'metadata-record',
  'raft-state',
  'request',
  'response',
  'share-coordinator-record',
  'storage-record',
  'streams-internal',
  'transaction-coordinator-record',
] as const;

/** The highest version a schema can speak of. */
const VERSION_MAX = 32_767;

/** Every message with at least one valid version, in name order, our extensions included. */
export function loadMessages(folder: URL): Message[] {
  const extensions = parse(new URL('extensions.json', folder)) as Extensions;
  return CATEGORIES.flatMap(
    (category) => (parse(new URL(`${category}.json`, folder)) as Category).messages,
  )
    .filter((raw) => raw.validVersions !== 'none')
    .map((raw) => toMessage(raw, extensions))
    .toSorted((left, right) => (left.name < right.name ? -1 : 1));
}

/** Whether `range` holds `version`. */
export function includes(range: Range, version: number): boolean {
  return range !== null && version >= range.min && version <= range.max;
}

function parse(file: URL): unknown {
  return JSON.parse(readFileSync(file, 'utf8'));
}

function toMessage(raw: RawMessage, extensions: Extensions): Message {
  const structs = new Map<string, Struct>();
  const add = (name: string, fields: readonly RawField[]): void => {
    const own = extensions.fields.filter(
      (entry) => entry.message === raw.name && entry.struct === name,
    );
    const all = [...fields, ...own.map((entry) => entry.field)];
    structs.set(name, {
      name,
      fields: all.map((field) =>
        toField(field, extensions.nearest.includes(`${raw.name}.${name}.${field.name}`)),
      ),
    });
    for (const field of all) {
      if (field.fields !== undefined) add(field.type.replaceAll('[]', ''), field.fields);
    }
  };
  add(raw.name, raw.fields ?? []);
  for (const common of raw.commonStructs ?? []) add(common.name, common.fields);
  const versions = toRange(raw.validVersions);
  if (versions === null) throw new Error(`${raw.name} has no valid version`);
  return {
    name: raw.name,
    kind: raw.type,
    apiKey: raw.apiKey ?? -1,
    listeners: raw.listeners ?? [],
    versions,
    flexible: toRange(raw.flexibleVersions ?? 'none'),
    latestUnstable: raw.latestVersionUnstable ?? false,
    structs,
  };
}

function toField(raw: RawField, nearest: boolean): Field {
  return {
    name: raw.name.charAt(0).toLowerCase() + raw.name.slice(1),
    type: toType(raw.type),
    schemaType: raw.type,
    versions: toRange(raw.versions),
    nullable: toRange(raw.nullableVersions ?? 'none'),
    tag: raw.tag,
    tagged: toRange(raw.taggedVersions ?? 'none'),
    default: raw.default === undefined ? undefined : String(raw.default),
    ignorable: raw.ignorable ?? false,
    entity: raw.entityType,
    compactWhenFlexible: raw.flexibleVersions !== 'none',
    nearest,
  };
}

function toType(type: string): FieldType {
  if (type.startsWith('[]')) return { kind: 'array', element: toType(type.slice(2)) };
  const kind = /^[A-Z]/.test(type) ? 'struct' : 'primitive';
  return { kind, name: type };
}

function toRange(text: string): Range {
  if (text === 'none') return null;
  const match = /^(\d+)(?:(\+)|-(\d+))?$/.exec(text);
  if (match === null) throw new Error(`not a version range: ${text}`);
  const min = Number(match[1]);
  if (match[2] !== undefined) return { min, max: VERSION_MAX };
  return { min, max: match[3] === undefined ? min : Number(match[3]) };
}

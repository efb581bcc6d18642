import { structName } from './names.ts';
import { includes, type Field, type FieldType, type Message, type Struct } from './schema.ts';

/**
 * What a struct looks like on the wire in one version. Versions of equal layout share their reader and
 * writer functions; `readKey` and `writeKey` are what has to be equal (writers also differ in which
 * absent fields they refuse).
 */
export interface Layout {
  readonly struct: Struct;
  readonly typeName: string;
  readonly version: number;
  readonly flexible: boolean;
  readonly wire: readonly WireField[];
  readonly tagged: readonly WireField[];
  /** Fields this version has no place for and which are not ignorable. */
  readonly refused: readonly Field[];
  /** Fewest bytes an element can take; at least 1. */
  readonly wireBytesMin: number;
  /** Estimate of what one decoded struct costs on the heap. */
  readonly heapBytes: number;
  readonly readKey: string;
  readonly writeKey: string;
}

export interface WireField {
  readonly field: Field;
  readonly nullable: boolean;
  readonly compact: boolean;
  /** The layout of the struct, or of the array's elements where they are structs. */
  readonly nested: Layout | undefined;
}

/** The layout of struct `name` in `version`. */
export function layoutOf(message: Message, name: string, version: number): Layout {
  const struct = message.structs.get(name);
  if (struct === undefined) throw new Error(`${message.name} has no struct ${name}`);
  const flexible = includes(message.flexible, version);
  const toWire = (field: Field): WireField => ({
    field,
    nullable: includes(field.nullable, version),
    compact: flexible && field.compactWhenFlexible,
    nested: nestedLayout(message, field.type, version),
  });
  const isTagged = (field: Field): boolean =>
    field.tag !== undefined && includes(field.tagged, version);
  const present = struct.fields.filter((field) => includes(field.versions, version));
  const wire = present.filter((field) => !isTagged(field)).map(toWire);
  const tagged = present
    .filter(isTagged)
    .toSorted((left, right) => (left.tag ?? 0) - (right.tag ?? 0))
    .map(toWire);
  if (tagged.length > 0 && !flexible)
    throw new Error(`${message.name}.${name}: tags need flexible`);
  const refused = struct.fields.filter((field) => !present.includes(field) && !field.ignorable);
  const readKey = `${flexible}{${wire.map((f) => wireKey(f, 'readKey')).join()}|${tagged
    .map((f) => wireKey(f, 'readKey'))
    .join()}}`;
  const writeKey = `${flexible}{${wire.map((f) => wireKey(f, 'writeKey')).join()}|${tagged
    .map((f) => wireKey(f, 'writeKey'))
    .join()}|${refused.map((f) => f.name).join()}}`;
  return {
    struct,
    typeName: structName(message, name),
    version,
    flexible,
    wire,
    tagged,
    refused,
    wireBytesMin: Math.max(
      1,
      wire.reduce((sum, f) => sum + wireBytes(f), flexible ? 1 : 0),
    ),
    heapBytes: 48 + struct.fields.reduce((sum, field) => sum + heapBytes(field.type), 0),
    readKey,
    writeKey,
  };
}

/** Fewest bytes the elements of an array can take. */
export function elementWireBytes(array: WireField): number {
  const element = elementOf(array.field.type);
  return array.nested?.wireBytesMin ?? primitiveWireBytes(element.name, array.compact);
}

/** What one element of an array costs on the heap, its slot in the array included. */
export function elementHeapBytes(array: WireField): number {
  return 8 + (array.nested?.heapBytes ?? heapBytes(elementOf(array.field.type)));
}

/** The element type of an array type; the schemas have no arrays of arrays. */
export function elementOf(type: FieldType): Exclude<FieldType, { readonly kind: 'array' }> {
  if (type.kind !== 'array' || type.element.kind === 'array') throw new Error('not a flat array');
  return type.element;
}

function nestedLayout(message: Message, type: FieldType, version: number): Layout | undefined {
  if (type.kind === 'struct') return layoutOf(message, type.name, version);
  return type.kind === 'array' ? nestedLayout(message, type.element, version) : undefined;
}

function wireKey(wire: WireField, nestedKey: 'readKey' | 'writeKey'): string {
  const { field, nullable, compact, nested } = wire;
  return [field.name, field.schemaType, field.tag, nullable, compact, nested?.[nestedKey]].join(
    ':',
  );
}

function wireBytes(wire: WireField): number {
  const { type } = wire.field;
  if (type.kind === 'array') return wire.compact ? 1 : 4;
  if (type.kind === 'primitive') return primitiveWireBytes(type.name, wire.compact);
  return wire.nullable ? 1 : (wire.nested?.wireBytesMin ?? 1);
}

function primitiveWireBytes(name: string, compact: boolean): number {
  switch (name) {
    case 'bool':
    case 'int8':
      return 1;
    case 'int16':
    case 'uint16':
      return 2;
    case 'int32':
    case 'uint32':
      return 4;
    case 'int64':
    case 'float64':
      return 8;
    case 'uuid':
      return 16;
    case 'string':
      return compact ? 1 : 2;
    case 'bytes':
    case 'records':
      return compact ? 1 : 4;
    default:
      throw new Error(`unknown type ${name}`);
  }
}

function heapBytes(type: FieldType): number {
  if (type.kind === 'array') return 32;
  if (type.kind === 'struct') return 96;
  if (type.name === 'bytes' || type.name === 'records') return 128;
  return type.name === 'string' || type.name === 'uuid' ? 32 : 8;
}

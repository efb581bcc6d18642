import { isSet } from './emit-types.ts';
import { elementOf, type Layout, type WireField } from './layout.ts';
import { structName } from './names.ts';
import type { Message } from './schema.ts';

/** The writer function of one layout. `nameOf` gives the writer function of a nested layout. */
export function emitWriter(
  message: Message,
  layout: Layout,
  nameOf: (nested: Layout) => string,
): string {
  const type = structName(message, layout.struct.name);
  const lines = [
    ...layout.refused.map(
      (field) =>
        `if (${isSet(message, field, `message.${field.name}`)}) throw fieldUnsupported('${type}.${field.name}');`,
    ),
    ...layout.wire.flatMap((wire) => write(wire, type, nameOf)),
    ...(layout.flexible ? taggedSection(message, layout, nameOf) : []),
  ];
  const body = lines.map((line) => `  ${line}\n`).join('');
  const writer = /\bwriter\b/.test(body) ? 'writer' : '_writer';
  const value = /\bmessage\b/.test(body) ? 'message' : '_message';
  return `function ${nameOf(layout)}(${writer}: Writer, ${value}: ${layout.typeName}): void {
${body}}
`;
}

function write(wire: WireField, type: string, nameOf: (nested: Layout) => string): string[] {
  const { field } = wire;
  const path = `message.${field.name}`;
  const value =
    field.nullable !== null && !wire.nullable ? `nonNull(${path}, '${type}.${field.name}')` : path;
  if (field.type.kind === 'primitive') {
    return [`${writePrimitive(field.type.name, wire, value)};`];
  }
  if (field.type.kind === 'struct') {
    if (wire.nested === undefined) throw new Error(`${field.name} has no layout`);
    const call = nameOf(wire.nested);
    if (!wire.nullable) return [`${call}(writer, ${value});`];
    return [
      `if (${path} === null) {`,
      '  writer.writeInt8(-1);',
      '} else {',
      '  writer.writeInt8(1);',
      `  ${call}(writer, ${path});`,
      '}',
    ];
  }
  return writeArray(wire, path, value, nameOf);
}

function writeArray(
  wire: WireField,
  path: string,
  value: string,
  nameOf: (nested: Layout) => string,
): string[] {
  const element =
    wire.nested === undefined
      ? writePrimitive(elementOf(wire.field.type).name, { ...wire, nullable: false }, 'element')
      : `${nameOf(wire.nested)}(writer, element)`;
  const source = value === path ? path : 'elements';
  const body = [
    ...(value === path ? [] : [`const elements = ${value};`]),
    wire.compact
      ? `writer.writeUnsignedVarint(${source}.length + 1);`
      : `writer.writeInt32(${source}.length);`,
    `for (const element of ${source}) ${element};`,
  ];
  if (!wire.nullable) {
    return value === path ? body : ['{', ...body.map((line) => `  ${line}`), '}'];
  }
  return [
    `if (${path} === null) {`,
    wire.compact ? '  writer.writeUnsignedVarint(0);' : '  writer.writeInt32(-1);',
    '} else {',
    ...body.map((line) => `  ${line}`),
    '}',
  ];
}

function taggedSection(
  message: Message,
  layout: Layout,
  nameOf: (nested: Layout) => string,
): string[] {
  if (layout.tagged.length === 0) return ['writer.writeTaggedFields(message.unknownTaggedFields);'];
  const type = structName(message, layout.struct.name);
  const condition = (wire: WireField): string =>
    isSet(message, wire.field, `message.${wire.field.name}`);
  return [
    'const kept = message.unknownTaggedFields;',
    'let tags = kept === undefined ? 0 : kept.length;',
    ...layout.tagged.map((wire) => `if (${condition(wire)}) tags++;`),
    'writer.writeUnsignedVarint(tags);',
    'let next = 0;',
    ...layout.tagged.flatMap((wire) => [
      `if (${condition(wire)}) {`,
      `  next = writer.writeTagsBelow(kept, next, ${wire.field.tag});`,
      `  const mark = writer.openTag(${wire.field.tag});`,
      ...write(wire, type, nameOf).map((line) => `  ${line}`),
      '  writer.closeTag(mark);',
      '}',
    ]),
    'writer.writeTagsBelow(kept, next, 2 ** 32);',
  ];
}

function writePrimitive(name: string, wire: WireField, value: string): string {
  const prefix = `${wire.nullable ? 'Nullable' : ''}${wire.compact ? 'Compact' : ''}`;
  switch (name) {
    case 'string':
      return `writer.write${prefix}String(${value})`;
    case 'bytes':
      return `writer.write${prefix}Bytes(${value})`;
    case 'records':
      return `writer.write${prefix}Records(${value})`;
    default: {
      const suffix = name === 'int64' && wire.field.nearest ? 'Nearest' : '';
      return `writer.write${name.charAt(0).toUpperCase()}${name.slice(1)}${suffix}(${value})`;
    }
  }
}

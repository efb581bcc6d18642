import { defaultOf, plainType, typeOf } from './emit-types.ts';
import {
  elementHeapBytes,
  elementOf,
  elementWireBytes,
  type Layout,
  type WireField,
} from './layout.ts';
import { local } from './names.ts';
import type { Message } from './schema.ts';

/** The reader function of one layout. `nameOf` gives the reader function of a nested layout. */
export function emitReader(
  message: Message,
  layout: Layout,
  nameOf: (nested: Layout) => string,
): string {
  const lines = layout.wire.flatMap((wire) => declare(message, wire, nameOf));
  if (layout.flexible) lines.push(...taggedSection(message, layout, nameOf));
  const read = new Set([...layout.wire, ...layout.tagged].map((wire) => wire.field));
  const members = layout.struct.fields.map((field) => {
    if (!read.has(field)) return `${field.name}: ${defaultOf(message, field)},`;
    return local(field.name) === field.name
      ? `${field.name},`
      : `${field.name}: ${local(field.name)},`;
  });
  if (layout.flexible) members.push('unknownTaggedFields,');
  else if (message.flexible !== null) members.push('unknownTaggedFields: undefined,');
  const reader = lines.length === 0 ? '_reader' : 'reader';
  const result =
    members.length === 0 ? '{}' : `{\n${members.map((m) => `    ${m}`).join('\n')}\n  }`;
  return `function ${nameOf(layout)}(${reader}: Reader): ${layout.typeName} {
${lines.map((line) => `  ${line}\n`).join('')}  return ${result};
}
`;
}

function declare(message: Message, wire: WireField, nameOf: (nested: Layout) => string): string[] {
  const name = local(wire.field.name);
  if (wire.field.type.kind === 'array') {
    const element = plainType(message, wire.field.type).replace(/^readonly /, '');
    if (!wire.nullable) {
      return [
        `const ${name}Count = ${readCount(wire)};`,
        `const ${name}: ${element} = [];`,
        fill(wire, name, `${name}Count`, nameOf),
      ];
    }
    return [
      `const ${name}Count = ${readCount(wire)};`,
      `const ${name}: ${element} | null = ${name}Count < 0 ? null : [];`,
      fill(wire, `${name}!`, `${name}Count`, nameOf),
    ];
  }
  return [`const ${name} = ${readValue(wire, nameOf)};`];
}

function taggedSection(
  message: Message,
  layout: Layout,
  nameOf: (nested: Layout) => string,
): string[] {
  if (layout.tagged.length === 0) return ['const unknownTaggedFields = reader.readTaggedFields();'];
  const declarations = layout.tagged.map(
    ({ field }) =>
      `let ${local(field.name)}: ${typeOf(message, field)} = ${defaultOf(message, field)};`,
  );
  const cases = layout.tagged.flatMap((wire) => [
    `    case ${wire.field.tag}: {`,
    ...assign(message, wire, nameOf).map((line) => `      ${line}`),
    '      break;',
    '    }',
  ]);
  return [
    ...declarations,
    'let unknownTaggedFields: TaggedField[] | undefined;',
    'for (let left = reader.readTagCount(); left > 0; left--) {',
    '  const tag = reader.readUnsignedVarint();',
    '  const end = reader.openTag();',
    '  switch (tag) {',
    ...cases,
    '    default:',
    '      unknownTaggedFields = reader.keepTag(unknownTaggedFields, tag, end);',
    '  }',
    '  reader.closeTag(end);',
    '}',
  ];
}

function assign(message: Message, wire: WireField, nameOf: (nested: Layout) => string): string[] {
  const name = local(wire.field.name);
  if (wire.field.type.kind !== 'array') return [`${name} = ${readValue(wire, nameOf)};`];
  const element = plainType(message, wire.field.type).replace(/^readonly /, '');
  return [
    `const count = ${readCount(wire)};`,
    `const list: ${element} = [];`,
    fill(wire, 'list', 'count', nameOf),
    wire.nullable ? `${name} = count < 0 ? null : list;` : `${name} = list;`,
  ];
}

function fill(
  wire: WireField,
  list: string,
  count: string,
  nameOf: (nested: Layout) => string,
): string {
  const element =
    wire.nested === undefined
      ? readPrimitive(elementOf(wire.field.type).name, false, wire)
      : `${nameOf(wire.nested)}(reader)`;
  return `for (let index = 0; index < ${count}; index++) ${list}.push(${element});`;
}

function readCount(wire: WireField): string {
  const method = `read${wire.nullable ? 'Nullable' : ''}${wire.compact ? 'Compact' : ''}Count`;
  return `reader.${method}(${elementWireBytes(wire)}, ${elementHeapBytes(wire)})`;
}

function readValue(wire: WireField, nameOf: (nested: Layout) => string): string {
  const { type } = wire.field;
  if (type.kind === 'primitive') return readPrimitive(type.name, wire.nullable, wire);
  if (wire.nested === undefined) throw new Error(`${wire.field.name} has no layout`);
  const call = `${nameOf(wire.nested)}(reader)`;
  return wire.nullable ? `reader.readInt8() < 0 ? null : ${call}` : call;
}

function readPrimitive(name: string, nullable: boolean, wire: WireField): string {
  const prefix = `${nullable ? 'Nullable' : ''}${wire.compact ? 'Compact' : ''}`;
  if (name === 'string') return `reader.read${prefix}String()`;
  if (name === 'bytes' || name === 'records') return `reader.read${prefix}Bytes()`;
  const suffix = name === 'int64' && wire.field.nearest ? 'Nearest' : '';
  return `reader.read${name.charAt(0).toUpperCase()}${name.slice(1)}${suffix}()`;
}

import { camel, structName } from './names.ts';
import type { Field, FieldType, Message, Range, Struct } from './schema.ts';

/** The interfaces, default factories and the schema constant of a message, as TypeScript text. */
export function emitTypes(message: Message): string {
  const structs = [...message.structs.values()];
  return [
    ...structs.map((struct) => emitInterface(message, struct)),
    emitSchema(message),
    ...structs.map((struct) => emitDefault(message, struct)),
  ].join('\n');
}

/** The TypeScript type of a field. */
export function typeOf(message: Message, field: Field): string {
  const text = plainType(message, field.type);
  if (field.type.kind === 'primitive' && field.type.name === 'records') {
    return field.nullable === null ? 'Exclude<Records, null>' : 'Records';
  }
  return field.nullable === null ? text : `${text} | null`;
}

/** The type of an element or of a value that is not null. */
export function plainType(message: Message, type: FieldType): string {
  if (type.kind === 'array') return `readonly ${plainType(message, type.element)}[]`;
  if (type.kind === 'struct') return structName(message, type.name);
  switch (type.name) {
    case 'bool':
      return 'boolean';
    case 'string':
      return 'string';
    case 'uuid':
      return 'Uuid';
    case 'bytes':
      return 'Buffer';
    case 'records':
      return 'Records';
    default:
      return 'number';
  }
}

/** The default of a field as an expression: what a reader fills in where a version lacks it. */
export function defaultOf(message: Message, field: Field): string {
  const { type } = field;
  if (isNullByDefault(field)) return 'null';
  if (type.kind === 'array') return '[]';
  if (type.kind === 'struct') return `default${structName(message, type.name)}()`;
  switch (type.name) {
    case 'bool':
      return field.default ?? 'false';
    case 'string':
      return `'${field.default ?? ''}'`;
    case 'uuid':
      return 'ZERO_UUID';
    case 'bytes':
    case 'records':
      return 'EMPTY_BYTES';
    case 'int64':
      return field.default === '9223372036854775807' ? 'INT64_MAX' : number(field.default);
    default:
      return number(field.default);
  }
}

/** A condition that is true when `value` differs from the field's default. */
export function isSet(message: Message, field: Field, value: string): string {
  const { type } = field;
  if (isNullByDefault(field)) return `${value} !== null`;
  const orNull = field.nullable === null ? '' : `${value} === null || `;
  if (type.kind === 'struct') {
    return `${orNull}isSet${structName(message, type.name)}(${value})`;
  }
  const counted = type.kind === 'array' || type.name === 'bytes' || type.name === 'records';
  if (counted) return `${orNull}${value}.length !== 0`;
  if (type.name === 'bool') return defaultOf(message, field) === 'true' ? `!${value}` : value;
  return `${value} !== ${defaultOf(message, field)}`;
}

/** A function that tells whether a struct differs from its default. */
export function emitIsSet(message: Message, struct: Struct): string {
  const type = structName(message, struct.name);
  const conditions = struct.fields.map((field) =>
    parenthesised(isSet(message, field, `message.${field.name}`)),
  );
  if (message.flexible !== null) {
    conditions.push(
      '(message.unknownTaggedFields !== undefined && message.unknownTaggedFields.length !== 0)',
    );
  }
  return `/** Whether any field of \`message\` differs from its default. */
function isSet${type}(message: ${type}): boolean {
  return (
    ${conditions.join(' ||\n    ')}
  );
}
`;
}

function parenthesised(condition: string): string {
  return condition.includes('||') ? `(${condition})` : condition;
}

function isNullByDefault(field: Field): boolean {
  if (field.type.kind === 'primitive' && field.type.name === 'records') {
    return field.nullable !== null;
  }
  return field.default === 'null';
}

function number(text: string | undefined): string {
  const value = Number(text ?? '0');
  if (!Number.isSafeInteger(value)) throw new Error(`default ${text}`);
  return String(value);
}

function emitInterface(message: Message, struct: Struct): string {
  const type = structName(message, struct.name);
  const lines = struct.fields.map(
    (field) => `  /** ${fieldDoc(field)} */\n  readonly ${field.name}: ${typeOf(message, field)};`,
  );
  if (message.flexible !== null) {
    lines.push(
      '  /** Tagged fields that this schema does not know, in tag order. */',
      '  readonly unknownTaggedFields?: readonly TaggedField[] | undefined;',
    );
  }
  const doc =
    struct.name === message.name ? messageDoc(message) : `\`${struct.name}\` of ${message.name}.`;
  if (lines.length === 0)
    return `/** ${doc} It has no fields. */\nexport type ${type} = Record<never, never>;\n`;
  return `/** ${doc} */\nexport interface ${type} {\n${lines.join('\n')}\n}\n`;
}

function messageDoc(message: Message): string {
  const key =
    message.apiKey < 0
      ? ''
      : message.kind === 'request' || message.kind === 'response'
        ? `, API key ${message.apiKey}`
        : `, type ${message.apiKey}`;
  const { min, max } = message.versions;
  const versions = min === max ? `version ${min}` : `versions ${min} to ${max}`;
  const flexible =
    message.flexible === null ? 'never flexible' : `flexible ${rangeDoc(message.flexible)}`;
  const unstable = message.latestUnstable ? `; version ${max} is unstable` : '';
  return `${message.name}${key}, ${versions}, ${flexible}${unstable}.`;
}

function fieldDoc(field: Field): string {
  const parts = [`${field.schemaType}, versions ${rangeDoc(field.versions)}`];
  if (field.nullable !== null) parts.push(`nullable ${rangeDoc(field.nullable)}`);
  if (field.tag !== undefined) parts.push(`tag ${field.tag} in ${rangeDoc(field.tagged)}`);
  if (field.default !== undefined)
    parts.push(`default ${field.default === '' ? "''" : field.default}`);
  if (field.ignorable) parts.push('ignorable');
  if (field.nearest) parts.push('nearest double');
  if (field.entity !== undefined) parts.push(field.entity);
  return `${parts.join('; ')}.`;
}

function rangeDoc(range: Range): string {
  if (range === null) return 'none';
  if (range.max === 32_767) return `${range.min}+`;
  return range.min === range.max ? String(range.min) : `${range.min}-${range.max}`;
}

function emitSchema(message: Message): string {
  const { name, apiKey, versions, flexible } = message;
  return `/** The versions of ${name}. */
export const ${camel(name)}Schema: MessageSchema = {
  name: '${name}',
  apiKey: ${apiKey},
  minVersion: ${versions.min},
  maxVersion: ${versions.max},
  flexibleFrom: ${flexible === null ? 'NEVER_FLEXIBLE' : Math.max(flexible.min, 0)},
};
`;
}

function emitDefault(message: Message, struct: Struct): string {
  const type = structName(message, struct.name);
  const fields = struct.fields.map((field) => `    ${field.name}: ${defaultOf(message, field)},`);
  if (message.flexible !== null) fields.push('    unknownTaggedFields: undefined,');
  const body = fields.length === 0 ? '{}' : `{\n${fields.join('\n')}\n  }`;
  return `/** Every field of ${type} at its default. */
export function default${type}(): ${type} {
  return ${body};
}
`;
}

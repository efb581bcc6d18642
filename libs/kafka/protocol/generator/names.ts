import type { Message } from './schema.ts';

/** `FetchRequest` -> `fetch-request`; a run of capitals stays one word. */
export function kebab(name: string): string {
  return name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
}

/** `FetchRequest` -> `fetchRequest`. */
export function camel(name: string): string {
  return name.charAt(0).toLowerCase() + name.slice(1);
}

/**
 * The interface name of a struct: the schema's own where it starts with what the message is about
 * (`FetchTopic` in FetchRequest), otherwise with the message's name in front.
 */
export function structName(message: Message, struct: string): string {
  const base = message.name.replace(/(Request|Response)$/, '');
  const rest = struct.slice(base.length);
  const owned = struct.startsWith(base) && (rest === '' || /^[A-Z]/.test(rest));
  return owned ? struct : message.name + struct;
}

const RESERVED = new Set([
  'arguments',
  'await',
  'break',
  'case',
  'catch',
  'class',
  'const',
  'continue',
  'debugger',
  'default',
  'delete',
  'do',
  'else',
  'enum',
  'eval',
  'export',
  'extends',
  'false',
  'finally',
  'for',
  'function',
  'if',
  'implements',
  'import',
  'in',
  'instanceof',
  'interface',
  'let',
  'new',
  'null',
  'package',
  'private',
  'protected',
  'public',
  'return',
  'static',
  'super',
  'switch',
  'this',
  'throw',
  'true',
  'try',
  'typeof',
  'var',
  'void',
  'while',
  'with',
  'yield',
  'reader',
  'index',
  'left',
  'tag',
  'end',
  'unknownTaggedFields',
]);

/** A local variable for field `name`. */
export function local(name: string): string {
  return RESERVED.has(name) ? `${name}Value` : name;
}

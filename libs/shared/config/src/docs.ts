import { z } from 'zod';
import type { KeyDocs } from './load.ts';

/** A Markdown table of every key: default, bounds, unit, restart, meaning. For `--print-config-docs`. */
export function configDocs(title: string, schema: z.ZodObject): string {
  const json = z.toJSONSchema(schema, { unrepresentable: 'any', io: 'input' });
  const rows = Object.entries(json.properties ?? {}).map(([key, property]) =>
    row(key, property as Property),
  );
  return [
    `# ${title}`,
    '',
    '| key | type | default | unit | restart | meaning |',
    '|---|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

type Property = KeyDocs & {
  /** Type and default as text, where the schema itself accepts more forms than it means. */
  readonly kind?: string;
  readonly usual?: string | null;
  readonly type?: string | readonly string[];
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly Property[];
};

function row(key: string, property: Property): string {
  const restart = property.needsRestart === false ? 'no' : 'yes';
  return `| \`${key}\` | ${typeOf(property)} | ${defaultOf(property)} | ${property.unit ?? ''} | ${restart} | ${cell(property.description)} |`;
}

function typeOf(property: Property): string {
  if (property.kind !== undefined) return property.kind;
  if (property.enum !== undefined)
    return property.enum.map((value) => `\`${String(value)}\``).join(', ');
  if (property.anyOf !== undefined)
    return [...new Set(property.anyOf.map((choice) => typeOf(choice)))].join(' or ');
  const bounds = [
    property.minimum === undefined ? '' : ` >= ${property.minimum}`,
    property.maximum === undefined || property.maximum === Number.MAX_SAFE_INTEGER
      ? ''
      : ` <= ${property.maximum}`,
  ];
  return `${[property.type ?? 'string'].flat().join(' or ')}${bounds.join('')}`;
}

function defaultOf(property: Property): string {
  if (property.usual !== undefined && property.usual !== null)
    return property.usual === '' ? '(empty)' : `\`${property.usual}\``;
  if (property.default === undefined) return 'none';
  if (property.default === '') return '(empty)';
  return `\`${JSON.stringify(property.default).replaceAll('"', '')}\``;
}

function cell(text: string | undefined): string {
  return (text ?? '').replaceAll('|', '\\|').replaceAll('\n', ' ');
}

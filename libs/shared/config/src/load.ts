import { readFileSync } from 'node:fs';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import type { z } from 'zod';

/** What a config key tells people, beside its type; goes into the schema by zod's `.meta()`. */
export interface KeyDocs {
  readonly description: string;
  /** `ms`, `bytes`, `connections` ... ; absent when the value has none. */
  readonly unit?: string;
  /** True when a change takes effect only at the next start. Default true. */
  readonly needsRestart?: boolean;
  /** True when the value must never be printed. */
  readonly secret?: boolean;
}

export interface ConfigSource {
  /** Where the values come from, as a person would name it: `file broker.json`, `the command line`. */
  readonly name: string;
  readonly values: Readonly<Record<string, unknown>>;
}

/**
 * Merges sources, later ones winning, checks them against a flat zod object schema and freezes the
 * result. Unknown keys, wrong types and values out of bounds give one `invalid_argument` error whose
 * message names each key, where it was set and what is allowed.
 */
export function loadConfig<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  sources: readonly ConfigSource[],
): Readonly<z.infer<z.ZodObject<Shape>>> {
  const merged: Record<string, unknown> = {};
  const origin = new Map<string, string>();
  for (const source of sources) {
    for (const [key, value] of Object.entries(source.values)) {
      if (value === undefined) continue;
      merged[key] = value;
      origin.set(key, source.name);
    }
  }
  const faults: string[] = [];
  for (const key of Object.keys(merged))
    if (!(key in schema.shape))
      faults.push(`${key} (in ${origin.get(key)}): unknown key${suggestion(key, schema.shape)}`);
  if (faults.length === 0) {
    const parsed = schema.safeParse(merged);
    if (parsed.success) return Object.freeze(parsed.data);
    for (const issue of parsed.error.issues) {
      const key = issue.path.map(String).join('.');
      const from = origin.get(String(issue.path[0]));
      faults.push(`${key}${from === undefined ? '' : ` (in ${from})`}: ${issue.message}`);
    }
  }
  throw new AppError('invalid_argument', `Configuration refused: ${faults.join('; ')}.`, {
    ...(faults[0] !== undefined && { field: faults[0].split(' ')[0] ?? '' }),
  });
}

/** Reads a flat config file: JSON object, or `key=value` lines as in Kafka's .properties files. */
export function readConfigFile(path: string): ConfigSource {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new AppError(
      'invalid_argument',
      `Config file ${path} cannot be read: ${reason(cause)}.`,
      {
        cause,
      },
    );
  }
  return { name: `file ${path}`, values: parseConfigText(text, path) };
}

/** Parses the text of a config file; `path` is only for messages. */
export function parseConfigText(text: string, path: string): Record<string, unknown> {
  if (!text.trimStart().startsWith('{')) return parseProperties(text, path);
  try {
    const value: unknown = JSON.parse(text);
    return value as Record<string, unknown>;
  } catch (cause) {
    throw new AppError(
      'invalid_argument',
      `Config file ${path} is not valid JSON: ${reason(cause)}.`,
      { cause },
    );
  }
}

function parseProperties(text: string, path: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || line.startsWith('!')) continue;
    const cut = line.search(/[=:]/);
    if (cut <= 0)
      throw new AppError(
        'invalid_argument',
        `Config file ${path}, line ${index + 1}: expected key=value, found "${line}".`,
      );
    values[line.slice(0, cut).trim()] = line.slice(cut + 1).trim();
  }
  return values;
}

/** A secret given directly or by the path of a file that holds it (the file's last newline dropped). */
export function readSecretFile(path: string): Secret {
  try {
    return new Secret(readFileSync(path, 'utf8').replace(/\r?\n$/, ''));
  } catch (cause) {
    throw new AppError(
      'invalid_argument',
      `Secret file ${path} cannot be read: ${reason(cause)}.`,
      {
        cause,
      },
    );
  }
}

function reason(cause: unknown): string {
  return cause instanceof Error ? cause.message.replace(/^[A-Z]+: /, '') : String(cause);
}

function suggestion(key: string, shape: object): string {
  const near = Object.keys(shape).find((known) => plain(known) === plain(key));
  return near === undefined ? '' : `, did you mean ${near}?`;
}

function plain(word: string): string {
  return word.toLowerCase().replaceAll(/[^a-z0-9]/g, '');
}

import { isNode, LineCounter, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { declaredObjects } from './declared.ts';
import type { DeclaredObject, Path } from './objects.ts';
import { DocumentSchema, type WeirDocument } from './schema.ts';
import { findSuggestion } from './suggestion.ts';

/** Longest file, in characters. */
const TEXT_CHARS_MAX = 1_048_576;
/** Most aliases that YAML may resolve: more is a bomb. */
const ALIASES_MAX = 100;

/** One fault of a file, where it is and what to do. */
export interface DocumentFault {
  /** From 1; undefined when the file as a whole is at fault. */
  readonly line: number | undefined;
  /** Dotted, as in `environments.prod.clusters.main.kind`. */
  readonly field: string;
  readonly message: string;
}

/** A file that was read: what it says, or everything that is wrong with it. */
export type ParsedDocument =
  | {
      readonly ok: true;
      readonly document: WeirDocument;
      readonly objects: readonly DeclaredObject[];
      /** Addresses of what is named and has to be there already. */
      readonly requires: readonly string[];
    }
  | { readonly ok: false; readonly faults: readonly DocumentFault[] };

/** Reads a file, YAML or JSON (which is YAML), and checks its shape and its references. */
export function parseWeirText(text: string): ParsedDocument {
  if (text.length > TEXT_CHARS_MAX)
    return failed(undefined, '', `The file is longer than ${TEXT_CHARS_MAX} characters.`);
  const lines = new LineCounter();
  const yaml = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (yaml.errors.length > 0) {
    const faults = yaml.errors.map(({ message, pos }) => ({
      line: lines.linePos(pos[0]).line,
      field: '',
      message: `This is not YAML: ${message}.`,
    }));
    return { ok: false, faults };
  }
  return checkValue(valueOf(yaml), (path) => findLine(yaml, lines, path));
}

/** The same for a document that is data already. */
export function parseWeirValue(value: unknown): ParsedDocument {
  return checkValue({ ok: true, value }, () => undefined);
}

/** `FILE:12: environments.prod.kind: ...`, a line for each fault. */
export function formatFaults(faults: readonly DocumentFault[], file: string): string {
  return faults
    .map(({ field, line, message }) =>
      [line === undefined ? file : `${file}:${line}`, field, message]
        .filter((part) => part !== '')
        .join(': '),
    )
    .join('\n');
}

type Value =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly message: string };

function valueOf(yaml: Document.Parsed): Value {
  try {
    return { ok: true, value: yaml.toJS({ maxAliasCount: ALIASES_MAX }) as unknown };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

function checkValue(read: Value, lineOf: (path: Path) => number | undefined): ParsedDocument {
  if (!read.ok) return failed(undefined, '', `This is not YAML: ${read.message}.`);
  const parsed = DocumentSchema.safeParse(read.value);
  if (!parsed.success) {
    const faults = parsed.error.issues.flatMap((issue) => faultsOf(issue, read.value, lineOf));
    return { ok: false, faults: inOrder(faults) };
  }
  const { objects, problems, requires } = declaredObjects(parsed.data);
  if (problems.length === 0) return { ok: true, document: parsed.data, objects, requires };
  const faults = problems.map(({ message, path }) => ({
    line: lineOf(path),
    field: path.join('.'),
    message,
  }));
  return { ok: false, faults: inOrder(faults) };
}

function faultsOf(
  issue: z.core.$ZodIssue,
  value: unknown,
  lineOf: (path: Path) => number | undefined,
): readonly DocumentFault[] {
  const path = issue.path.filter((step) => typeof step !== 'symbol');
  if (issue.code !== 'unrecognized_keys') {
    const message = `${messageOf(issue, value)}.`;
    return [{ line: lineOf(path), field: path.join('.'), message }];
  }
  const known = knownKeys(path);
  return issue.keys.map((key) => {
    const meant = findSuggestion(key, known);
    const fix = meant === undefined ? `Known here: ${known.join(', ')}.` : `Did you mean ${meant}?`;
    const at = [...path, key];
    return { line: lineOf(at), field: at.join('.'), message: `Unknown key "${key}". ${fix}` };
  });
}

function messageOf(issue: z.core.$ZodIssue, value: unknown): string {
  const found = at(value, issue.path);
  if (issue.code === 'invalid_type' && found === undefined) return `Required: ${issue.message}`;
  if (issue.code !== 'invalid_value') return issue.message;
  const values = issue.values.map(String);
  const meant = typeof found === 'string' ? findMeant(found, values) : undefined;
  const hint = meant === undefined ? '' : ` (did you mean ${meant}?)`;
  return found === undefined
    ? `Required: one of ${values.join(', ')}`
    : `${JSON.stringify(found)} is not known${hint}: write one of ${values.join(', ')}`;
}

/** Another case is the commonest slip. */
function findMeant(word: string, known: readonly string[]): string | undefined {
  const same = known.find((one) => one.toUpperCase() === word.toUpperCase());
  return same ?? findSuggestion(word.toUpperCase(), known);
}

function at(value: unknown, path: readonly PropertyKey[]): unknown {
  let found = value;
  for (const step of path) {
    if (typeof found !== 'object' || found === null) return undefined;
    found = (found as Readonly<Record<PropertyKey, unknown>>)[step];
  }
  return found;
}

/** Keys that may stand at a path, from the schema itself. */
function knownKeys(path: Path): readonly string[] {
  let schema: unknown = DocumentSchema;
  for (const step of path) schema = stepInto(unwrapped(schema), step);
  const { shape } = unwrapped(schema) as { readonly shape?: object };
  return Object.keys(shape ?? {});
}

interface Walkable {
  readonly shape?: Readonly<Record<string, unknown>>;
  readonly element?: unknown;
  readonly valueType?: unknown;
  readonly unwrap?: () => unknown;
}

function stepInto(schema: Walkable, step: string | number): unknown {
  return schema.shape?.[step] ?? schema.valueType ?? schema.element;
}

function unwrapped(schema: unknown): Walkable {
  let walkable = (schema ?? {}) as Walkable;
  while (walkable.element === undefined && typeof walkable.unwrap === 'function')
    walkable = walkable.unwrap() as Walkable;
  return walkable;
}

/** The line of a key when it is there, else of what should hold it. */
function findLine(yaml: Document.Parsed, lines: LineCounter, path: Path): number | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const key = path[length - 1];
    const holder: unknown =
      length === 1 ? yaml.contents : yaml.getIn(path.slice(0, length - 1), true);
    const offset = isNode(holder) && key !== undefined ? findOffset(holder, key) : undefined;
    if (offset !== undefined) return lines.linePos(offset).line;
  }
  return 1;
}

function findOffset(holder: object, key: string | number): number | undefined {
  const { items = [] } = holder as { readonly items?: readonly unknown[] };
  for (const [index, item] of items.entries()) {
    const pair = item as { readonly key?: { readonly value?: unknown } };
    const node: unknown = index === key ? item : undefined;
    const found: unknown =
      pair.key !== undefined && String(pair.key.value) === String(key) ? pair.key : node;
    if (isNode(found)) return found.range?.[0];
  }
  return undefined;
}

function inOrder(faults: readonly DocumentFault[]): readonly DocumentFault[] {
  return faults.toSorted((a, b) => (a.line ?? 0) - (b.line ?? 0));
}

function failed(line: number | undefined, field: string, message: string): ParsedDocument {
  return { ok: false, faults: [{ line, field, message }] };
}

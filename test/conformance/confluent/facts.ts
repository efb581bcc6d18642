// The published contract as facts, made by tools/contract-facts.mjs: one file per API, operations sorted by path.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Words about a field or parameter: its type, then `required`, `nullable`, `enum=A|B` and bounds. */
export type Words = string;

/** A body: its content type, and words by path (`spec.environment.id`, `data[].id`). */
export interface BodyFacts {
  readonly type: string;
  readonly fields: Readonly<Record<string, Words>>;
}

/** One operation of the published contract. */
export interface OperationFacts {
  /** Without a name in the contract: the method and path. */
  readonly name?: string;
  readonly method: string;
  readonly path: string;
  /** By place and name: `query page_size`. */
  readonly parameters: Readonly<Record<string, Words>>;
  /** Header names by status. */
  readonly statuses: Readonly<Record<string, string>>;
  readonly request?: BodyFacts;
  readonly response?: BodyFacts & { readonly status: number };
}

/** The operations of every API, by the name of its facts file. */
export function readFacts(): ReadonlyMap<string, readonly OperationFacts[]> {
  const folder = join(import.meta.dirname, 'facts');
  const files = readdirSync(folder).toSorted();
  return new Map(
    files.map((file) => [
      file.replace(/\.json$/u, ''),
      JSON.parse(readFileSync(join(folder, file), 'utf8')) as readonly OperationFacts[],
    ]),
  );
}

/** What a table or a test calls an operation. */
export function nameOf({ name, method, path }: OperationFacts): string {
  return name ?? `${method} ${path}`;
}

/** The type of a field: the first of its words. */
export function typeOf(words: Words): string {
  return words.split(' ', 1)[0] ?? '';
}

/** Whether a word (`required`, `nullable`) is among the words. */
export function has(words: Words, word: string): boolean {
  return words.split(' ').includes(word);
}

/** The values that a field may have, or undefined when any. */
export function valuesOf(words: Words): readonly string[] | undefined {
  return /(?:^| )x?enum=(\S+)/u.exec(words)?.[1]?.split('|');
}

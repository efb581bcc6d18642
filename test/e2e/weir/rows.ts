import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { checkout } from '@weirhouse/testing-harness';

interface Table {
  readonly table: string;
  readonly rows: readonly unknown[];
}

/** Tables of a stopped cloud's database that hold a row with one of the words, by its own backup. */
export async function tablesThatHold(
  words: readonly string[],
  { folder, home }: { readonly folder: string; readonly home: string },
): Promise<readonly string[]> {
  const file = join(folder, 'backup');
  const env = { ...process.env, WEIRHOUSE_HOME: home, DATABASE_URL: undefined };
  const main = join(checkout, 'apps/control-plane/dist/main.js');
  await promisify(execFile)(process.execPath, [main, '--backup', file], { env });
  const [, ...parts] = gunzipSync(readFileSync(file)).toString('utf8').trimEnd().split('\n');
  const tables = parts.map((line) => JSON.parse(line) as Table | object);
  const found = tables.filter(
    (part): part is Table =>
      'rows' in part &&
      part.rows.some((row) => words.some((word) => JSON.stringify(row).includes(word))),
  );
  return [...new Set(found.map(({ table }) => table))].toSorted();
}

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Driver } from './driver.ts';

export type Cell = 'passes' | 'fails';

/** What a recorded run of one client saw: `results/<client>.json`, from which docs/clients.md is generated. */
export interface Results {
  readonly version: string;
  /** Day of the run, YYYY-MM-DD. */
  readonly date: string;
  readonly cells: Readonly<Record<string, Cell>>;
}

const FOLDER = join(import.meta.dirname, '../results');

/** Writes the results down where WEIRHOUSE_CONFORMANCE_RECORD=1. */
export async function recordResults(
  client: string,
  driver: Pick<Driver, 'version'>,
  cells: Partial<Results['cells']>,
): Promise<void> {
  if (process.env['WEIRHOUSE_CONFORMANCE_RECORD'] !== '1') return;
  const results = {
    version: await driver.version(),
    date: new Date().toISOString().slice(0, 10),
    cells: Object.fromEntries(Object.entries(cells).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  };
  writeFileSync(fileOf(client), `${JSON.stringify(results, null, 2)}\n`);
}

/** What was recorded of a client, if anything. */
export function findResults(client: string): Results | undefined {
  const file = fileOf(client);
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Results) : undefined;
}

function fileOf(client: string): string {
  return join(FOLDER, `${client}.json`);
}

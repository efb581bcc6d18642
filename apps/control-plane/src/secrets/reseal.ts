import type { Database } from '../database/database.ts';
import { openSecret, opensWithNewest, sealSecret } from './envelope.ts';
import { resealHashKey } from './hash-key.ts';
import type { MasterKey } from './master-key.ts';
import { SEALED_COLUMNS, SealedRowsRepository, type SealedColumn } from './sealed-columns.ts';

/** Envelopes read at a time: some 100 KB. */
const BATCH_ROWS = 200;

/** What a run did. */
export interface Resealed {
  /** Sealed anew with the newest key. */
  readonly changed: number;
  /** Sealed with it already, by an earlier run that was interrupted or by a server. */
  readonly kept: number;
}

/**
 * Seals everything anew with the newest master key. May be ended at any point and run again, beside
 * servers that know both keys: a row is replaced only as it was read.
 */
export async function resealAll(database: Database, key: MasterKey): Promise<Resealed> {
  const rows = new SealedRowsRepository(database);
  const counts = { changed: 0, kept: 0 };
  for (const column of SEALED_COLUMNS) {
    const { changed, kept } = await resealColumn(rows, column, key);
    counts.changed += changed;
    counts.kept += kept;
  }
  if (await resealHashKey(database, key)) counts.changed += 1;
  else counts.kept += 1;
  return counts;
}

async function resealColumn(
  rows: SealedRowsRepository,
  column: SealedColumn,
  key: MasterKey,
): Promise<Resealed> {
  const counts = { changed: 0, kept: 0 };
  for (let afterId = ''; ;) {
    const batch = await rows.listAfter(column, afterId, BATCH_ROWS);
    for (const row of batch) {
      const context = column.context(row.id);
      if (opensWithNewest(key, row.envelope, context)) {
        counts.kept += 1;
        continue;
      }
      const plain = openSecret(key, row.envelope, context);
      await rows.replace(column, row, sealSecret(key, plain, context));
      counts.changed += 1;
    }
    const last = batch.at(-1);
    if (last === undefined) return counts;
    afterId = last.id;
  }
}

import { BatchCursor } from '@weirhouse/kafka-protocol';

const cursor = new BatchCursor();

/** Records in slices of whole batches, by their headers. */
export function countRecords(slices: readonly Buffer[]): number {
  let records = 0;
  for (const slice of slices) {
    cursor.reset(slice);
    while (cursor.next()) records += cursor.view.recordsCount;
  }
  return records;
}

import {
  BatchCursor,
  ControlRecordType,
  readControlRecordType,
  RecordCursor,
} from '@weirhouse/kafka-protocol';

import { apiCalls } from './api-calls.ts';
import { fetchRequest } from './requests.ts';
import type { TestTube } from './test-tube.ts';

const FETCH_VERSION = 11;

/** The values of a partition as a client that wants committed records only makes them out. */
export function readCommitted(tube: TestTube, topic: string, index: number): string[] {
  const client = tube.connect();
  const values: string[] = [];
  let fetchOffset = 0;
  for (;;) {
    const partitions = [{ partition: index, fetchOffset }];
    const request = fetchRequest(topic, { isolationLevel: 1, partitions });
    const answer = client.call(apiCalls.fetch, FETCH_VERSION, request).responses[0]?.partitions[0];
    const records = answer?.records;
    if (!Buffer.isBuffer(records) || records.length === 0) break;
    const aborted = (answer?.abortedTransactions ?? []).toSorted(
      (one, other) => one.firstOffset - other.firstOffset,
    );
    fetchOffset = takeCommitted(records, aborted, values);
  }
  client.disconnect();
  return values;
}

interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Leaves out what belongs to aborted transactions, each from its first offset to its marker. */
function takeCommitted(records: Buffer, aborted: readonly Aborted[], values: string[]): number {
  const batches = new BatchCursor();
  const cursor = new RecordCursor();
  const skipped = new Set<number>();
  let nextAborted = 0;
  let nextOffset = 0;
  batches.reset(records);
  while (batches.next()) {
    const { view } = batches;
    for (; (aborted[nextAborted]?.firstOffset ?? Infinity) <= view.lastOffset; nextAborted++)
      skipped.add(aborted[nextAborted]?.producerId ?? -1);
    cursor.reset(view, view.buffer.subarray(view.recordsStart, view.end));
    while (cursor.next()) {
      const isAbort =
        view.isControl && readControlRecordType(cursor.key) === ControlRecordType.ABORT;
      if (isAbort) skipped.delete(view.producerId);
      const isWanted = !view.isControl && !(view.isTransactional && skipped.has(view.producerId));
      if (isWanted) values.push(String(cursor.value));
    }
    nextOffset = view.nextOffset;
  }
  return nextOffset;
}

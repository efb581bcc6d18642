import { buildEndTxnMarker } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { ReplayedAborts } from './replayed-aborts.ts';
import { ABORTED_ENTRY_BYTES, AbortedIndex, writeEntry } from './segment/aborted-index.ts';
import { FilePool } from './segment/file-pool.ts';
import { MemoryDisk } from './testing/memory-disk.ts';
import { aBatch } from './testing/test-volume.ts';
import { SegmentName } from './segment/segment-name.ts';

const ENTRY = { producerId: 7, firstOffset: 1, lastOffset: 5, lastStableOffset: 1 };
const FOLDER = 'events-0';
const PATH = `${FOLDER}/00000000000000000000`;

function aMarker(more: { readonly producerId?: number; readonly commit?: boolean } = {}): Buffer {
  const epochs = { leaderEpoch: 0, producerEpoch: 0, coordinatorEpoch: 0 };
  const marker = { baseOffset: 5, producerId: 7, commit: false, timestamp: 1000 };
  return buildEndTxnMarker({ ...epochs, ...marker, ...more });
}

/** What is restored after a note and the records that follow it. */
function restored(...following: readonly Buffer[]): number {
  const disk = new MemoryDisk();
  disk.mkdir(FOLDER);
  disk.open(`${PATH}.log`, 'write').closeSync();
  const files = new FilePool(disk);
  const aborts = new ReplayedAborts();
  const entry = Buffer.alloc(ABORTED_ENTRY_BYTES);
  writeEntry(entry, 0, ENTRY);
  aborts.note(0, entry);
  for (const batches of following) aborts.meet(batches);
  aborts.restore(disk, files, { folder: FOLDER, firstSegmentBase: 0, firstOffset: 0 });
  if (!disk.exists(`${PATH}.txnindex`)) return 0;
  return new AbortedIndex(files, new SegmentName(FOLDER, 0), disk.sizeOf(`${PATH}.txnindex`)).file
    .count;
}

describe('Replayed aborts', () => {
  it('count when their marker follows', () => {
    expect(restored(aMarker())).toBe(1);
  });

  it('are nothing when a crash left the note without its marker', () => {
    expect(restored()).toBe(0);
    expect(restored(aBatch(['later'], { baseOffset: 5 }))).toBe(0);
    expect(restored(aBatch(['later'], { baseOffset: 5 }), aMarker())).toBe(0);
  });

  it('are nothing when another decision stands where their marker was', () => {
    expect(restored(aMarker({ commit: true }))).toBe(0);
    expect(restored(aMarker({ producerId: 8 }))).toBe(0);
  });
});

import { describe, expect, it } from 'vitest';
import { Arena } from '../arena.ts';
import { LOG_CONFIG_DEFAULTS } from '../log-config.ts';
import { LogState } from '../log-state.ts';
import { RecordKind } from '../extent.ts';
import { FilePool } from '../segment/file-pool.ts';
import { MemoryDisk } from '../testing/memory-disk.ts';
import { TOPIC_ID } from '../testing/test-volume.ts';
import { RECORD_HEADER_BYTES, WAL_BLOCK_BYTES } from './format.ts';
import { GroupCommit } from './group-commit.ts';
import { Wal } from './wal.ts';

const CHUNK_BYTES = 4096;
const ENTRY_BYTES = 34;
const MARKER_BYTES = 78;

function aCommit(disk: MemoryDisk): GroupCommit<LogState> {
  const arena = new Arena({ memory: Buffer.alloc(4 * CHUNK_BYTES), chunkBytes: CHUNK_BYTES });
  const wal = new Wal<LogState>(
    {
      disk,
      headerBlock: Buffer.alloc(WAL_BLOCK_BYTES),
      segmentBytes: 65_536,
      segmentCount: 2,
    },
    { segments: [], nextGeneration: 1, nextSequence: 1 },
  );
  const nothing = (): void => undefined;
  return new GroupCommit(arena, wal, {
    onDurable: nothing,
    onCached: nothing,
    onClosed: nothing,
    onFailure: nothing,
  });
}

describe('a note of the group commit', () => {
  it('shares its chunk, and so its write, with what must follow it', () => {
    for (let filled = 3_700; filled < 3_950; filled += 1) {
      const disk = new MemoryDisk();
      const commit = aCommit(disk);
      const ref = { topicId: TOPIC_ID, topicName: 'events', index: 0 };
      const state = new LogState(ref, LOG_CONFIG_DEFAULTS);
      const segment = state.addSegment(new FilePool(disk), 0, 0);
      const before = commit.note(state, RecordKind.CREATE, Buffer.alloc(filled));
      const entry = Buffer.alloc(ENTRY_BYTES);
      const following = RECORD_HEADER_BYTES + MARKER_BYTES;
      const note = commit.note(state, RecordKind.ABORTED, entry, following);
      expect(commit.extend(state, segment, MARKER_BYTES)?.chunk).toBe(note?.chunk);
      const isTight = filled + 3 * RECORD_HEADER_BYTES + ENTRY_BYTES + MARKER_BYTES > CHUNK_BYTES;
      expect(note?.chunk === before?.chunk).toBe(!isTight);
    }
  });
});

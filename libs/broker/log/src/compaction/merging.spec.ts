import { BatchView, buildBatch, RecordCursor } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from '../log-config.ts';
import type { PartitionLog } from '../partition-log.ts';
import type { ReadOutcome } from '../read-log.ts';
import { type MemoryDisk, seededRandom } from '../testing/memory-disk.ts';
import { appendClient, NOW_MS, TestVolume } from '../testing/test-volume.ts';

const CONFIG: LogConfig = {
  ...LOG_CONFIG_DEFAULTS,
  cleanupPolicy: 'compact',
  segmentBytes: 1000,
  indexIntervalBytes: 100,
  minCleanableDirtyRatio: 0.01,
};
const FOLDER = 'events-0';
const KEYS = ['k0', 'k1', 'k2', 'k3'];
const ROUNDS = 40;

/** A volume whose one compacted partition is to be compacted. */
class TableVolume extends TestVolume {
  nowMs = NOW_MS;
  passes = 0;

  table(config: Partial<LogConfig> = {}): PartitionLog {
    this.store.compaction = () => ({
      isEnabled: true,
      bytesPerSecond: 1_000_000,
      keyBytesMax: 1_000_000,
      backoffMs: 0,
    });
    this.store.onCleaned = () => {
      this.passes += 1;
    };
    this.store.onDurable = ([log]) => {
      if (log !== undefined) log.highWatermark = log.durableEndOffset;
    };
    return this.log({ ...CONFIG, ...config });
  }

  /** Writes most keys over and over, and one of its own in each round: each segment has something worth keeping. */
  write(log: PartitionLog): void {
    for (let round = 0; round < ROUNDS; round += 1)
      for (const name of [...KEYS, `once-${round}`]) {
        const key = Buffer.from(name);
        const value = Buffer.from(`round ${round}`);
        appendClient(log, buildBatch({ records: [{ key, value, timestamp: NOW_MS }] }));
        this.flush();
      }
  }

  /** A second of upkeep, without what it starts. */
  tick(): void {
    this.nowMs += 1000;
    this.store.upkeep(this.nowMs);
    this.store.flush();
  }

  compact(): void {
    for (let second = 0; second < 10; second += 1) {
      this.tick();
      this.disk.completeAll();
    }
  }

  /** Stops when the first names have changed and nothing else has happened yet. */
  compactUntilMerged(): void {
    const before = this.logs.length;
    for (let second = 0; second < 10 && this.logs.length >= before; second += 1) {
      this.tick();
      const isOver = (): boolean => this.logs.length < before || this.disk.pendingCount === 0;
      this.disk.completeUntil(isOver);
    }
  }

  get logs(): readonly string[] {
    return this.disk.list(FOLDER).filter((name) => name.endsWith('.log'));
  }
}

/** Key and value of all records, read as a consumer does. */
function readTable(log: PartitionLog, disk: MemoryDisk): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (let offset = log.startOffset; offset < log.endOffset;) {
    const found: ReadOutcome[] = [];
    const request = { offset, maxBytes: 500, endOffset: log.endOffset, atLeastOneBatch: true };
    log.read(request, (outcome) => found.push(outcome));
    disk.completeUntil(() => found.length > 0);
    const [outcome] = found;
    if (outcome?.ok !== true || outcome.nextOffset <= offset) throw new Error(`at ${offset}`);
    take(table, Buffer.concat(outcome.slices));
    outcome.release();
    offset = outcome.nextOffset;
  }
  return table;
}

function take(table: Map<string, string>, bytes: Buffer): void {
  const view = new BatchView();
  for (let at = 0; at < bytes.length; at += view.sizeInBytes) {
    view.reset(bytes, at);
    const cursor = new RecordCursor().reset(view, bytes.subarray(view.recordsStart, view.end));
    while (cursor.next()) table.set(String(cursor.key), String(cursor.value));
  }
}

const LAST = new Map(KEYS.map((key) => [key, `round ${ROUNDS - 1}`]));
for (let round = 0; round < ROUNDS; round += 1) LAST.set(`once-${round}`, `round ${round}`);

describe('Merging compacted segments', () => {
  it('leaves few segments where there were many small ones, and a start opens it', () => {
    const volume = new TableVolume();
    const log = volume.table();
    volume.write(log);
    const before = volume.logs.length;
    volume.compact();
    expect(before).toBeGreaterThan(10);
    volume.compact();
    expect(volume.logs.length).toBeLessThan(before / 2);
    expect(readTable(log, volume.disk)).toEqual(LAST);
    volume.restart();
    expect(readTable(volume.table(), volume.disk)).toEqual(LAST);
  });

  it('shows the whole log again whatever names a power cut leaves', () => {
    const seen = new Set<string>();
    for (let seed = 1; seed <= 30; seed += 1) {
      const volume = new TableVolume();
      const log = volume.table();
      volume.write(log);
      volume.compactUntilMerged();
      const random = seededRandom(seed);
      volume.disk.cutPower(random);
      seen.add(
        volume.disk
          .list(FOLDER)
          .filter((name) => /swap|clean/.test(name))
          .join(),
      );
      volume.reopen();
      const again = volume.table();
      expect(readTable(again, volume.disk)).toEqual(LAST);
      expect(volume.disk.list(FOLDER).filter((name) => /swap|clean/.test(name))).toEqual([]);
    }
    // Cuts before, within and after the exchange.
    expect(seen.size).toBeGreaterThan(3);
  });

  it('goes on where it was after a restart, by Kafka’s checkpoint', () => {
    const volume = new TableVolume();
    volume.write(volume.table());
    volume.compact();
    const { passes } = volume;
    expect(passes).toBeGreaterThan(0);
    const path = 'cleaner-offset-checkpoint';
    const bytes = Buffer.alloc(volume.disk.sizeOf(path));
    volume.disk.open(path, 'read').readSync(bytes, 0);
    expect(bytes.toString()).toMatch(/^0\n1\nevents 0 \d+\n$/);
    volume.restart();
    volume.table();
    volume.compact();
    expect(volume.passes).toBe(passes);
  });

  it('tells the operator how it gets on', () => {
    const volume = new TableVolume();
    volume.write(volume.table());
    volume.tick();
    expect(volume.store.compactionFigures.maxDirtyPercent).toBe(100);
    volume.compact();
    const figures = volume.store.compactionFigures;
    expect(figures).toMatchObject({ isAlive: true, isRunning: false, uncleanablePartitions: 0 });
    expect(figures.maxDirtyPercent).toBe(0);
    expect(figures.recopyPercent).toBeGreaterThan(0);
    expect(figures.recopyPercent).toBeLessThan(100);
  });

  it('counts a partition in which it found damage, and goes on with others', () => {
    const volume = new TableVolume();
    volume.write(volume.table());
    volume.store.flush();
    volume.disk.completeAll();
    const [first] = volume.logs.toSorted();
    volume.disk.flipBit(`${FOLDER}/${first}`, 70);
    volume.compact();
    const { uncleanableBytes, uncleanablePartitions } = volume.store.compactionFigures;
    expect(uncleanablePartitions).toBe(1);
    expect(uncleanableBytes).toBeGreaterThan(0);
    expect(volume.passes).toBe(0);
  });

  it('does not take what the checkpoint says of an older topic of the same name', () => {
    const volume = new TableVolume();
    const log = volume.table();
    volume.write(log);
    volume.compact();
    volume.store.deletePartition(log.topicId, 0, () => undefined);
    volume.disk.completeAll();
    const { passes } = volume;
    volume.write(volume.table());
    volume.compact();
    expect(volume.passes).toBeGreaterThan(passes);
  });

  it('lets nobody truncate into a copy whose name is not durable', () => {
    const volume = new TableVolume();
    const log = volume.table();
    volume.write(log);
    volume.compactUntilMerged();
    expect(log.truncateTo(1)).toBe(false);
    volume.disk.completeAll();
    expect(log.truncateTo(1)).toBe(true);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { seededRandom } from '@weirhouse/broker-log/testing';
import { snapshotRecords } from '@weirhouse/broker-metadata';

import { apiCalls } from '../testing/api-calls.ts';
import { TestTube } from '../testing/test-tube.ts';
import { readSnapshot, snapshotBatches, snapshotName, snapshotsAmong } from './snapshot-file.ts';

const FOLDER = '__cluster_metadata-0';
const BYTES = 'metadata.log.max.record.bytes.between.snapshots';
const INTERVAL = 'metadata.log.max.snapshot.interval.ms';

function tubeOf(settings: Readonly<Record<string, string>>): TestTube {
  return new TestTube({ settings: { [INTERVAL]: '0', ...settings } });
}

function snapshotsOf(tube: TestTube) {
  return snapshotsAmong(tube.disk.list(FOLDER));
}

/** What the image holds, but for what each start changes: registrations and epochs. */
function contentOf(tube: TestTube): readonly string[] {
  const epochs = { leaderEpoch: 0, partitionEpoch: 0 };
  return Array.from(snapshotRecords(tube.broker.services.image))
    .filter(({ kind }) => kind !== 'registerBroker')
    .map((record) => JSON.stringify({ ...record, body: { ...record.body, ...epochs } }));
}

function setRetention(tube: TestTube, topic: string, value: string): void {
  const resources = [retentionOf(topic, value)];
  tube.connect().call(apiCalls.incrementalAlterConfigs, 1, { resources });
}

function retentionOf(resourceName: string, value: string) {
  const configs = [{ name: 'retention.ms', configOperation: 0, value }];
  return { resourceType: 2, resourceName, configs };
}

describe('a snapshot file', () => {
  it('gives back the image it was made of', () => {
    const tube = tubeOf({});
    tube.createTopic('t', { partitions: 1200, configs: { 'retention.ms': '7' } });
    const { image } = tube.broker.services;
    const bytes = Buffer.concat([...snapshotBatches(image, { leaderEpoch: 3, timestamp: 9 })]);
    expect(readSnapshot(bytes)).toEqual(Array.from(snapshotRecords(image)));
  });

  it('is refused when a bit is wrong or an end is missing', () => {
    const { image } = tubeOf({}).broker.services;
    const whole = Buffer.concat([...snapshotBatches(image, { leaderEpoch: 3, timestamp: 9 })]);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(7), (position, bit) => {
        const flipped = Buffer.from(whole);
        flipped[position] = (flipped[position] ?? 0) ^ (1 << bit);
        // Base offsets and leader epochs are outside of the checksum, and nothing is read from them.
        expect(['damaged', readSnapshot(whole)]).toContainEqual(tryRead(flipped));
        expect(() => readSnapshot(whole.subarray(0, position))).toThrow('damaged');
      }),
      { seed: 1, numRuns: 200 },
    );
  });

  it('has a name that tells where it ends, and names tell the newest', () => {
    const ids = [
      { endOffset: 9, leaderEpoch: 1 },
      { endOffset: 120, leaderEpoch: 2 },
    ];
    const names = ['partition.metadata', ...ids.map((id) => snapshotName(id)), 'x.checkpoint.part'];
    expect(snapshotsAmong(names)).toEqual(ids.toReversed());
    expect(snapshotName({ endOffset: 120, leaderEpoch: 2 })).toBe(
      '00000000000000000120-0000000002.checkpoint',
    );
  });
});

function tryRead(bytes: Buffer) {
  try {
    return readSnapshot(bytes);
  } catch {
    return 'damaged';
  }
}

describe('metadata snapshots', () => {
  it('are written when the log has grown by enough, and the log before them goes', () => {
    const tube = tubeOf({ [BYTES]: '2000' });
    tube.createTopic('t', { partitions: 2 });
    const { log } = partitionOf(tube);
    for (let change = 0; change < 40; change++) setRetention(tube, 't', String(change));
    const [newest, ...older] = snapshotsOf(tube);
    expect(newest?.endOffset).toBeGreaterThan(20);
    expect(older).toEqual([]);
    expect(log.startOffset).toBe(newest?.endOffset);
    expect(tube.broker.status().metadataTail).toBe(log.endOffset - log.startOffset);
    const before = contentOf(tube);
    tube.restart();
    expect(contentOf(tube)).toEqual(before);
  });

  it('are written after a while when anything has changed, and not again when nothing has', () => {
    const tube = tubeOf({ [INTERVAL]: '3600000' });
    tube.advance(3_700_000);
    const [first] = snapshotsOf(tube);
    expect(first?.endOffset).toBeGreaterThan(0);
    tube.advance(7_200_000);
    expect(snapshotsOf(tube)).toEqual([first]);
    tube.createTopic('t');
    tube.advance(3_700_000);
    expect(snapshotsOf(tube)[0]?.endOffset).toBeGreaterThan(first?.endOffset ?? 0);
  });

  it('fall back to the log when one is damaged before the log was let go', () => {
    const tube = tubeOf({ [BYTES]: '1000000' });
    tube.createTopic('t');
    const before = contentOf(tube);
    const id = { endOffset: partitionOf(tube).log.endOffset, leaderEpoch: 1 };
    const file = tube.disk.open(`${FOLDER}/${snapshotName(id)}`, 'write');
    file.writevSync([Buffer.from('not a snapshot')], 0);
    file.closeSync();
    tube.restart();
    expect(contentOf(tube)).toEqual(before);
    expect(tube.problems.map(({ message }) => message)).toContain(
      'a snapshot of the metadata is damaged',
    );
  });

  it('stop the start when the only one is damaged and the log has no beginning', () => {
    const tube = tubeOf({ [BYTES]: '2000' });
    tube.createTopic('t', { partitions: 60 });
    // The next retention makes the new start of the log durable.
    tube.advance(400_000);
    const [newest] = snapshotsOf(tube);
    if (newest === undefined) throw new Error('there is a snapshot');
    tube.disk.flipBit(`${FOLDER}/${snapshotName(newest)}`, 300);
    expect(() => tube.restart()).toThrow('no beginning');
  });

  it('pass over a disk without room, and clients notice nothing', () => {
    const tube = tubeOf({ [BYTES]: '2000' });
    tube.createTopic('t', { partitions: 2 });
    tube.disk.fault = (operation, path) =>
      operation === 'write' && path.endsWith('.part') ? 'no_space' : undefined;
    for (let change = 0; change < 40; change++) setRetention(tube, 't', String(change));
    expect(snapshotsOf(tube)).toEqual([]);
    tube.disk.fault = undefined;
    for (let change = 0; change < 40; change++) setRetention(tube, 't', String(change));
    expect(snapshotsOf(tube)).toHaveLength(1);
    expect(tube.failure).toBeUndefined();
  });

  // Dozens of starts: a second alone, many on a machine that is busy.
  const MANY_STARTS = { timeout: 30_000 };

  it.each(['kill', 'power'] as const)(
    'lose nothing by a %s after any disk operation',
    MANY_STARTS,
    (kind) => {
      // Each commit is followed by a snapshot, and each snapshot by a log that begins behind it.
      const tube = tubeOf({ [BYTES]: '1', 'log.retention.check.interval.ms': '1' });
      tube.createTopic('t', { partitions: 2 });
      const random = seededRandom(1);
      for (let run = 0; run < 40; run++) {
        setRetention(tube, 't', String(run));
        const exchange = tube.connect().send(apiCalls.incrementalAlterConfigs, 1, {
          resources: [retentionOf('t', '77000')],
        });
        for (let operations = run % 20; operations > 0; operations--) {
          tube.time.advance(20, () => tube.endTurn());
          tube.disk.completeOne(random);
        }
        const values = exchange.isAnswered ? ['77000'] : [String(run), '77000'];
        tube.crash(kind);
        expect(values).toContain(tube.broker.services.image.configs.of(2, 't').get('retention.ms'));
        expect(tube.broker.services.image.topics.find('t')?.partitions).toHaveLength(2);
      }
    },
  );
});

function partitionOf(tube: TestTube) {
  return tube.broker.services.metadata.partition;
}

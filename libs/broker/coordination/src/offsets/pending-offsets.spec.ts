import * as fc from 'fast-check';
import { expect, test } from 'vitest';

import type { PendingOffsetRecord } from '../records/coordinator-record.ts';
import { OffsetStore } from './offset-store.ts';
import { PendingOffsets } from './pending-offsets.ts';

const TOPIC = 't';
const GROUPS = ['one', 'two'];

/** One record of the log, as it concerns one place of one group. */
type Step =
  | { readonly kind: 'plain' | 'tombstone'; readonly group: number; readonly partition: number }
  | {
      readonly kind: 'pending';
      readonly group: number;
      readonly partition: number;
      readonly producerId: number;
    }
  | { readonly kind: 'end'; readonly producerId: number; readonly isCommitted: boolean };

const place = { group: fc.nat({ max: 1 }), partition: fc.nat({ max: 1 }) };
const producerId = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constantFrom('plain', 'tombstone'), ...place }),
  fc.record({ kind: fc.constant('pending'), ...place, producerId }),
  fc.record({ kind: fc.constant('end'), producerId, isCommitted: fc.boolean() }),
);

function committedAt(offset: number) {
  const none = { leaderEpoch: -1, metadata: '', commitTimestampMs: 0, expireTimestampMs: -1 };
  return { ...none, offset, topicId: 'AAAAAAAAAAAAAAAAAAAAAA' };
}

function pending(
  changes: Partial<PendingOffsetRecord> & { readonly offset: number },
): PendingOffsetRecord {
  const { offset, ...rest } = changes;
  const value = committedAt(offset);
  return {
    kind: 'pending-offset',
    producerId: 1,
    groupId: 'one',
    topic: TOPIC,
    partition: 0,
    value,
    ...rest,
  };
}

/** Runs the steps as the shard does; the number of a step is the offset that it commits. */
function replay(steps: readonly Step[]): { offsets: OffsetStore; waiting: PendingOffsets } {
  const offsets = new OffsetStore();
  const waiting = new PendingOffsets();
  for (const [number, each] of steps.entries()) {
    if (each.kind === 'end') {
      for (const record of waiting.end(each.producerId, each.isCommitted).committed)
        offsets.replay(record);
      continue;
    }
    const groupId = GROUPS[each.group] ?? '';
    const { partition } = each;
    if (each.kind === 'pending') {
      waiting.replay(pending({ groupId, partition, producerId: each.producerId, offset: number }));
      continue;
    }
    const value = each.kind === 'plain' ? committedAt(number) : null;
    offsets.replay({ kind: 'offset', groupId, topic: TOPIC, partition, value });
    waiting.drop(groupId, TOPIC, partition);
  }
  return { offsets, waiting };
}

/** What counts for a place: the last record of the log that is not of an open or aborted transaction. */
function expected(steps: readonly Step[], group: number, partition: number): number | undefined {
  let found: number | undefined;
  for (const [number, each] of steps.entries()) {
    if (each.kind === 'end' || each.group !== group || each.partition !== partition) continue;
    if (each.kind === 'plain') found = number;
    if (each.kind === 'tombstone') found = undefined;
    if (each.kind !== 'pending') continue;
    const end = steps
      .slice(number)
      .find((later) => later.kind === 'end' && later.producerId === each.producerId);
    if (end?.kind === 'end' && end.isCommitted) found = number;
  }
  return found;
}

test('of all commits for a place the last in the log counts, whatever transactions end in which order', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const { offsets } = replay(steps);
      for (const [group, groupId] of GROUPS.entries()) {
        for (const partition of [0, 1]) {
          const found = offsets.find(groupId, TOPIC, partition)?.offset;
          // A tombstone between a commit and its end removes it, as an open one is nobody's offset.
          expect(found).toBe(expected(steps, group, partition));
        }
      }
    }),
    { seed: 7, numRuns: 2_000 },
  );
});

test('nothing is left of a transaction that ended', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const ends = [0, 1, 2].map((id): Step => ({
        kind: 'end',
        producerId: id,
        isCommitted: true,
      }));
      const { waiting } = replay([...steps, ...ends]);
      expect([waiting.records(), waiting.groupIds()]).toEqual([[], []]);
    }),
    { seed: 7 },
  );
});

test('its records rebuild it, in the order of the log', () => {
  const waiting = new PendingOffsets();
  waiting.replay(pending({ producerId: 2, offset: 5 }));
  waiting.replay(pending({ producerId: 1, offset: 6 }));
  waiting.replay(pending({ producerId: 2, offset: 7 }));
  const again = new PendingOffsets();
  for (const record of waiting.records()) again.replay(record);
  expect(again.records().map(({ value }) => value.offset)).toEqual([6, 7]);
  expect(again.end(2, true).committed.map(({ value }) => value?.offset)).toEqual([7]);
  expect(again.end(1, true).committed).toEqual([]);
});

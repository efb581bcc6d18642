import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aBatch } from '../testing/test-volume.ts';
import { cutBatches, type CutRequest } from './cut-batches.ts';

/** Three batches: offsets 10-11, 12-12, 15-17. */
const BATCHES = [
  aBatch(['a', 'b'], { baseOffset: 10 }),
  aBatch(['c'.repeat(200)], { baseOffset: 12 }),
  aBatch(['d', 'e', 'f'], { baseOffset: 15 }),
] as const;
const BYTES = Buffer.concat(BATCHES);
const [FIRST, SECOND] = [BATCHES[0].length, BATCHES[1].length];

function cut(more: Partial<CutRequest>, bytes = BYTES): ReturnType<typeof cutBatches> {
  return cutBatches(bytes, {
    offset: 10,
    maxBytes: 100_000,
    endOffset: 18,
    atLeastOneBatch: true,
    verify: true,
    segmentBase: 0,
    segmentEnd: 18,
    ...more,
  });
}

describe('cutting batches out of file bytes', () => {
  it('starts at the batch that holds the offset, or at the next after a gap', () => {
    expect(cut({ offset: 11 })).toMatchObject({ kind: 'found', start: 0, end: BYTES.length });
    expect(cut({ offset: 12 })).toMatchObject({ kind: 'found', start: FIRST });
    expect(cut({ offset: 13 })).toMatchObject({ kind: 'found', start: FIRST + SECOND });
  });

  it('ends before the end offset and within the size', () => {
    expect(cut({ endOffset: 15 })).toMatchObject({ end: FIRST + SECOND, nextOffset: 13 });
    expect(cut({ endOffset: 17 })).toMatchObject({ end: FIRST + SECOND });
    expect(cut({ maxBytes: FIRST + SECOND - 1 })).toMatchObject({ end: FIRST });
    expect(cut({ maxBytes: 1 })).toMatchObject({ start: 0, end: FIRST });
    expect(cut({ maxBytes: 1, atLeastOneBatch: false })).toEqual({ kind: 'nothing' });
  });

  it('asks for what is missing of the wanted batch, but not of later ones', () => {
    const bytes = BYTES.subarray(0, FIRST + SECOND - 5);
    expect(cut({ offset: 12 }, bytes)).toEqual({ kind: 'needs', at: FIRST, bytes: SECOND });
    expect(cut({ offset: 10 }, bytes)).toMatchObject({ kind: 'found', end: FIRST });
    expect(cut({ offset: 12 }, BYTES.subarray(0, FIRST + 20))).toMatchObject({ kind: 'needs' });
  });

  it('skips what lies before without reading all of it', () => {
    const bytes = BYTES.subarray(0, FIRST + 100);
    expect(cut({ offset: 15 }, bytes)).toEqual({ kind: 'skipped', end: FIRST + SECOND });
  });

  it('ends before a damaged batch and refuses one at the start', () => {
    const bytes = Buffer.from(BYTES);
    bytes[FIRST + 100] = 0;
    expect(cut({}, bytes)).toMatchObject({ kind: 'found', end: FIRST });
    expect(cut({ offset: 12 }, bytes)).toEqual({ kind: 'damaged' });
    expect(cut({ segmentEnd: 12 })).toMatchObject({ kind: 'found', end: FIRST });
  });

  it('never takes foreign bytes for batches and always ends', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(20), (bytes, offset) => {
      const found = cut({ offset }, Buffer.from(bytes));
      expect(found.kind).not.toBe('found');
    });
    fc.assert(property, { seed: 3, numRuns: 500 });
  });
});

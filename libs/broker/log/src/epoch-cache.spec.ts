import { describe, expect, it } from 'vitest';
import { EpochCache } from './epoch-cache.ts';

function aCache(
  ...entries: readonly (readonly [epoch: number, startOffset: number])[]
): EpochCache {
  const cache = new EpochCache();
  for (const [epoch, startOffset] of entries) cache.assign(epoch, startOffset);
  return cache;
}

describe('the epoch cache', () => {
  it('answers where an epoch ends by Kafka’s rules', () => {
    const cache = aCache([2, 10], [5, 30], [6, 50]);
    expect(cache.endOffsetOf(6, 70)).toEqual({ epoch: 6, endOffset: 70 });
    expect(cache.endOffsetOf(5, 70)).toEqual({ epoch: 5, endOffset: 50 });
    expect(cache.endOffsetOf(4, 70)).toEqual({ epoch: 2, endOffset: 30 });
    expect(cache.endOffsetOf(1, 70)).toEqual({ epoch: 1, endOffset: 10 });
    expect(cache.endOffsetOf(7, 70)).toEqual({ epoch: -1, endOffset: -1 });
    expect(new EpochCache().endOffsetOf(0, 70)).toEqual({ epoch: -1, endOffset: -1 });
  });

  it('knows the epoch of an offset', () => {
    const cache = aCache([2, 10], [5, 30]);
    expect([9, 10, 29, 30, 99].map((offset) => cache.epochAt(offset))).toEqual([
      undefined,
      2,
      2,
      5,
      5,
    ]);
  });

  it('keeps only the first offset of an epoch and no lower epoch', () => {
    const cache = aCache([2, 10], [2, 20], [1, 30], [3, 40]);
    expect(cache.toText()).toBe('0\n2\n2 10\n3 40\n');
  });

  it('is cut from both ends', () => {
    const cache = aCache([2, 10], [5, 30], [6, 50]);
    cache.truncateFrom(50);
    cache.truncateBefore(20);
    expect(cache.toText()).toBe('0\n2\n2 20\n5 30\n');
    cache.truncateBefore(30);
    expect(cache.toText()).toBe('0\n1\n5 30\n');
  });

  it('is read back from its text, and refused when that is incomplete', () => {
    const text = aCache([2, 10], [5, 30]).toText();
    expect(EpochCache.fromText(text)?.toText()).toBe(text);
    for (let end = 0; end < text.length - 3; end += 1)
      expect(EpochCache.fromText(text.slice(0, end))).toBeUndefined();
    expect(EpochCache.fromText('1\n0\n')).toBeUndefined();
  });
});

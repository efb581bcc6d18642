import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cutPage, decodePageToken, encodePageToken, listMetadata } from './paging.ts';

test('a token is read back as it was, and fits the contract', () => {
  const key = fc.record({
    createdAtMs: fc.nat(),
    id: fc.string({ minLength: 1, maxLength: 40 }),
  });
  fc.assert(
    fc.property(key, (place) => {
      const token = encodePageToken(place);
      expect(decodePageToken(token)).toEqual(place);
      expect(token.length).toBeLessThanOrEqual(255);
    }),
    { seed: 3, numRuns: 300 },
  );
});

test('anything else is refused as a token, never a crash', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 60 }), (text) => {
      expect(() => decodePageToken(text)).toThrow('page_token');
    }),
    { seed: 4, numRuns: 500 },
  );
  for (const value of [[], [1], ['a', 1], [-1, 'a'], [1.5, 'a'], [1e300, 'a'], {}, 'x'])
    expect(() => decodePageToken(Buffer.from(JSON.stringify(value)).toString('base64url'))).toThrow(
      'page_token',
    );
});

test('a page has a next token exactly when there is a row beyond it', () => {
  const rows = [1, 2, 3].map((value) => ({ createdAtMs: value, id: `x${value}` }));
  expect(cutPage(rows, 3, (row) => row)).toEqual({ rows, nextToken: undefined });
  const cut = cutPage(rows, 2, (row) => row);
  expect(cut.rows).toEqual(rows.slice(0, 2));
  expect(decodePageToken(cut.nextToken ?? '')).toEqual(rows[1]);
  expect(cutPage([], 2, (row: never) => row)).toEqual({ rows: [], nextToken: undefined });
});

test('links keep the filters and replace the token; the last page has no next at all', () => {
  const url = 'http://api/x?environment=env-1&page_token=old';
  expect(listMetadata(url, 'new')).toEqual({
    first: 'http://api/x?environment=env-1',
    next: 'http://api/x?environment=env-1&page_token=new',
  });
  expect('next' in listMetadata(url, undefined)).toBe(false);
});

import { describe, expect, test } from 'vitest';
import { compileFilter } from './pool-filter.ts';

describe.each([
  { filter: 'true', claims: {}, passes: true },
  { filter: 'claims.sub == "app"', claims: { sub: 'app' }, passes: true },
  { filter: 'claims.sub == "app"', claims: { sub: 'other' }, passes: false },
  { filter: '"x" in claims.aud', claims: { aud: ['w', 'x'] }, passes: true },
  { filter: 'claims["https://x/y"] == "z"', claims: { 'https://x/y': 'z' }, passes: true },
  { filter: 'has(claims.a) && claims.a == "b"', claims: {}, passes: false },
  { filter: 'claims.g.exists(g, g.startsWith("t-"))', claims: { g: ['t-1'] }, passes: true },
  { filter: 'claims.sub.matches("^a+b$")', claims: { sub: 'aab' }, passes: true },
  { filter: 'claims.sub.matches("^a+b$")', claims: { sub: 'aac' }, passes: false },
  {
    filter: 'claims.g.exists(g, g.matches("^x")) || claims.sub . matches("matches")',
    claims: { g: ['ax'], sub: 'it matches' },
    passes: true,
  },
  { filter: 'claims.email_verified', claims: { email_verified: 'true' }, passes: false },
])('$filter on $claims', ({ filter, claims, passes }) => {
  test(`passes: ${passes}`, () => {
    expect(compileFilter(filter)(claims)).toBe(passes);
  });
});

describe.each([
  ['claims.sub ==', 'is not valid'],
  ['other.sub == "x"', 'Unknown variable'],
  ['"text"', 'not true or false'],
  ['1 + "a" == 2', 'is not valid'],
  ['claims.a.exists(x, claims.b.exists(y, x == y))', 'inside another loop'],
  [Array.from({ length: 300 }, () => 'true').join(' && '), 'is not valid'],
])('the filter %s', (filter, says) => {
  test(`is refused: ${says}`, () => {
    expect(() => compileFilter(filter)).toThrow(says);
    expect(() => compileFilter(filter)).toThrow(
      expect.objectContaining({ code: 'invalid_argument', field: '/filter' }),
    );
  });
});

test('a claim that is not there is a refusal, not a crash, and never one of JavaScript’s', () => {
  for (const filter of ['claims.sub == "x"', 'claims.constructor == "x"'])
    expect(() => compileFilter(filter)({})).toThrow('does not fit the claims');
});

test('a damaged pattern is a refusal', () => {
  const run = (): boolean => compileFilter('claims.sub.matches("(")')({ sub: 'x' });
  expect(run).toThrow('does not fit the claims');
});

test('a pattern made to take for ever takes no time', () => {
  const claims = { sub: `${'a'.repeat(5_000)}!` };
  expect(compileFilter('claims.sub.matches("^(a+)+$")')(claims)).toBe(false);
});

import { isAppError } from '@weirhouse/shared-kernel';
import { beforeEach, describe, expect, test } from 'vitest';
import { AttemptLimiter } from './attempt-limiter.ts';
import { FailureCounter } from './failure-counter.ts';
import { networkOf } from './network-of.ts';

let nowMs: number;
let limiter: AttemptLimiter;

beforeEach(() => {
  nowMs = 0;
  limiter = new AttemptLimiter(
    { wallMs: () => 0, monotonicMs: () => nowMs },
    {
      pair: { max: 3, forgetMs: 1_000 },
      address: { max: 5, forgetMs: 1_000 },
      identity: { max: 8, forgetMs: 1_000 },
    },
  );
});

function fail(address: string, identity: string, times: number): void {
  for (let time = 0; time < times; time += 1) limiter.failed(address, identity);
}

function isRefused(address: string, identity: string): boolean {
  try {
    limiter.requireAll(address, identity);
    return false;
  } catch (error) {
    if (isAppError(error) && error.code === 'rate_limited') return true;
    throw error;
  }
}

test('an identity that fails too often from an address has to wait, and is told how long', () => {
  fail('192.0.2.1', 'a', 2);
  expect(isRefused('192.0.2.1', 'a')).toBe(false);
  fail('192.0.2.1', 'a', 1);
  expect(() => limiter.requirePair('192.0.2.1', 'a')).toThrow(
    expect.objectContaining({ cause: { retryAfterMs: 1_000 } }),
  );
  nowMs = 1_000;
  expect(isRefused('192.0.2.1', 'a')).toBe(false);
});

test('elsewhere the same identity goes on, and here another one', () => {
  fail('192.0.2.1', 'a', 3);
  expect(isRefused('192.0.2.2', 'a')).toBe(false);
  expect(isRefused('192.0.2.1', 'b')).toBe(false);
});

test('an address that tries many identities has to wait, but for those who got in from there', () => {
  limiter.succeeded('192.0.2.1', 'regular');
  for (const identity of ['a', 'b', 'c', 'd', 'e']) limiter.failed('192.0.2.1', identity);
  expect(isRefused('192.0.2.1', 'f')).toBe(true);
  expect(isRefused('192.0.2.1', 'regular')).toBe(false);
  fail('192.0.2.1', 'regular', 3);
  expect(isRefused('192.0.2.1', 'regular')).toBe(true);
});

test('an identity tried from many addresses has to wait, but where it got in before', () => {
  limiter.succeeded('192.0.2.100', 'a');
  for (let last = 1; last <= 8; last += 1) limiter.failed(`192.0.2.${last}`, 'a');
  expect(isRefused('192.0.2.200', 'a')).toBe(true);
  expect(isRefused('192.0.2.100', 'a')).toBe(false);
});

test('waiting never grows beyond the limit, however long the failures go on', () => {
  fail('192.0.2.1', 'a', 1_000);
  expect(() => limiter.requirePair('192.0.2.1', 'a')).toThrow(
    expect.objectContaining({ cause: { retryAfterMs: 1_000 } }),
  );
});

test('a counter keeps the names that failed last, and no more than it may', () => {
  const counter = new FailureCounter({ max: 1, forgetMs: 1_000_000 });
  for (let index = 0; index < 12_000; index += 1) counter.add(`n${index}`, 0);
  expect(counter.blockedMs('n0', 0)).toBe(0);
  expect(counter.blockedMs('n11999', 0)).toBeGreaterThan(0);
});

describe.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
  ['2001:DB8:1:2::9', '2001:db8:1:2'],
  ['2001:db8::9', '2001:db8:0:0'],
  ['::1', '0:0:0:0'],
  ['fe80::1%eth0', 'fe80:0:0:0'],
])('the address %s', (address, network) => {
  test(`counts as ${network}`, () => {
    expect(networkOf(address)).toBe(network);
  });
});

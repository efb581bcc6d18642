import { assert } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';

import { compileSafePattern } from './safe-pattern.ts';

function matches(text: string, input: string): boolean {
  const outcome = compileSafePattern(text);
  assert(outcome.ok, `${text} compiles`);
  return outcome.pattern.matches(input);
}

describe('a safe pattern', () => {
  it.each([
    ['orders', 'orders', true],
    ['orders', 'orders-eu', false],
    ['orders.*', 'orders-eu', true],
    ['orders|clicks', 'clicks', true],
    ['(?i)ORDERS', 'orders', true],
    ['[a-c]+\\d{2}', 'abc12', true],
    ['\\p{L}+', 'Größe', true],
    ['', '', true],
    ['', 'orders', false],
  ])('%s on %s: %s', (text, input, expected) => {
    expect(matches(text, input)).toBe(expected);
  });

  it.each(['(', '[a', '*', '(?=a)b', '(a)\\1', 'a{1001}', 'x'.repeat(5000)])(
    'refuses %s with a reason',
    (text) => {
      const outcome = compileSafePattern(text);
      expect(outcome.ok ? '' : outcome.message).not.toBe('');
    },
  );

  it('answers a pattern that makes backtracking engines explode', () => {
    expect(matches('(a+)+b', 'a'.repeat(249))).toBe(false);
    expect(matches('(a|aa)*c', 'a'.repeat(249))).toBe(false);
  });
});

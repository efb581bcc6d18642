import { expect, test } from 'vitest';
import { memoryBudget } from './memory-budget.ts';

const MIB = 1 << 20;

test.each([256, 384, 512, 1024, 2048])('in %i MiB all shares together leave room', (limit) => {
  const { strangersBytes: _, ...shares } = memoryBudget(limit * MIB);
  const total = Object.values(shares).reduce((sum, bytes) => sum + bytes, 0);
  expect(total).toBeLessThanOrEqual((limit - 128) * MIB);
  for (const bytes of Object.values(shares)) expect(bytes).toBeGreaterThan(0);
});

test('a large machine does not make them larger than what is enough', () => {
  expect(memoryBudget(64 * 1024 * MIB)).toEqual(memoryBudget(8 * 1024 * MIB));
  expect(memoryBudget(8 * 1024 * MIB).arenaBytes).toBe(48 * MIB);
});

test('what the settings allow to waiting requests bounds their shares and no others', () => {
  const most = 20 * MIB;
  const { queuedBytes, receiveBytes, strangersBytes, ...others } = memoryBudget(2048 * MIB, most);
  expect([queuedBytes, receiveBytes, strangersBytes]).toEqual([most, most, most]);
  expect(memoryBudget(2048 * MIB)).toMatchObject(others);
});

test('a tiny limit still leaves what a broker needs', () => {
  expect(memoryBudget(16 * MIB).arenaBytes).toBeGreaterThanOrEqual(8 * MIB);
  expect(memoryBudget(16 * MIB).strangersBytes).toBeGreaterThan(MIB);
});

import { expect, test } from 'vitest';
import { descriptorBudget, descriptorLimit } from './descriptor-budget.ts';

test.each([128, 256, 1024, 65_536])('of %i descriptors all users together leave some', (limit) => {
  const { connections, openFiles, refused } = descriptorBudget(limit);
  expect(connections + openFiles + refused).toBeLessThanOrEqual(limit - 64);
  expect(Math.min(connections, openFiles)).toBeGreaterThanOrEqual(24);
});

test('too few are refused with the remedy', () => {
  expect(() => descriptorBudget(100)).toThrow('ulimit -n');
});

test('without a limit only files have one', () => {
  expect(descriptorBudget(Infinity)).toEqual({
    openFiles: 512,
    refused: 1000,
    connections: Infinity,
  });
});

test.runIf(process.platform === 'linux')('the limit of this process is known', () => {
  expect(descriptorLimit()).toBeLessThan(Infinity);
});

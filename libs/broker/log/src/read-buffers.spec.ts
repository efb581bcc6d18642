import { expect, test } from 'vitest';
import { ReadBuffers } from './read-buffers.ts';

const LARGE_BYTES = 1 << 20;

function takeAndGiveBack(buffers: ReadBuffers, count: number): void {
  const taken = Array.from({ length: count }, () => buffers.take(LARGE_BYTES));
  for (const buffer of taken) buffers.giveBack(buffer);
}

test('a fetch of fifty megabytes finds its buffers again', () => {
  const buffers = new ReadBuffers();
  const first = Array.from({ length: 48 }, () => buffers.take(LARGE_BYTES));
  for (const buffer of first) buffers.giveBack(buffer);
  const memory = new Set(first.map(({ buffer }) => buffer));
  for (const _ of first) expect(memory).toContain(buffers.take(LARGE_BYTES).buffer);
  expect(buffers.idleCount).toBe(0);
});

test('buffers that nobody needs for two trims are dropped, the others stay', () => {
  const buffers = new ReadBuffers();
  takeAndGiveBack(buffers, 12);
  buffers.trim();
  expect(buffers.idleCount).toBe(12);
  takeAndGiveBack(buffers, 5);
  buffers.trim();
  expect(buffers.idleCount).toBe(5);
  buffers.trim();
  expect(buffers.idleCount).toBe(0);
});

test('small and huge reads are not pooled', () => {
  const buffers = new ReadBuffers();
  for (const bytes of [100, 4 << 20]) buffers.giveBack(buffers.take(bytes));
  expect(buffers.idleCount).toBe(0);
});

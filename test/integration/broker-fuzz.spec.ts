import { expect, test } from 'vitest';
import { fuzz } from '../fuzz/fuzz.ts';

const SEED = 20_261_121;
const DURATION_MS = 30_000;
/** An idle broker has about 110 MiB; its memory for requests is bounded, and this is far below all of it. */
const RESIDENT_BYTES_MAX = 600 * 2 ** 20;

test('hostile bytes neither end a broker nor make it hang, grow or fail', async () => {
  const result = await fuzz({ seed: SEED, durationMs: DURATION_MS });
  expect(result.errors).toEqual([]);
  expect(result.attacks).toBeGreaterThan(500);
  expect(result.answered).toBeGreaterThan(100);
  expect(result.residentBytesMax).toBeLessThan(RESIDENT_BYTES_MAX);
}, 120_000);

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { LeaseRepository, requireFence, type Fence } from './lease.repository.ts';

const HOUR_MS = 3_600_000;

let open: OpenDatabase;
let lease: LeaseRepository;

beforeAll(async () => {
  open = await openTestDatabase();
  lease = new LeaseRepository(open.prisma);
}, 60_000);

afterAll(() => open.close());

beforeEach(async () => {
  await open.prisma.lease.deleteMany();
});

function acquire(
  holder: string,
  durationMs = HOUR_MS,
  takeOver = false,
): Promise<Fence | undefined> {
  return lease.acquire({ name: 'spec', holder, durationMs, takeOver });
}

async function holds(fence: Fence | undefined): Promise<boolean> {
  if (!fence) return false;
  try {
    await open.prisma.$transaction((tx) => requireFence(tx, fence));
    return true;
  } catch {
    return false;
  }
}

describe('LeaseRepository', () => {
  it('gives the lease to one holder only', async () => {
    const first = await acquire('a');
    expect(await holds(first)).toBe(true);
    expect(await acquire('b')).toBeUndefined();
    expect(await acquire('a')).toBeUndefined();
  });

  it('gives it to the next one when it ran out, with a greater token, and shuts out the first', async () => {
    const first = await acquire('a', 0);
    expect(await holds(first)).toBe(false);
    const second = await acquire('b');
    expect(second?.token).toBe((first?.token ?? 0n) + 1n);
    expect(await holds(second)).toBe(true);
    expect(await holds(first)).toBe(false);
    expect(first && (await lease.renewAll([first], HOUR_MS)).size).toBe(0);
  });

  it('keeps a lease that ran out but that nobody took', async () => {
    const first = await acquire('a', 0);
    expect(first && (await lease.renewAll([first], HOUR_MS)).size).toBe(1);
    expect(await holds(first)).toBe(true);
  });

  it('takes over at once where nobody else can be alive', async () => {
    const first = await acquire('a');
    const second = await acquire('b', HOUR_MS, true);
    expect(await holds(first)).toBe(false);
    expect(await holds(second)).toBe(true);
  });

  it('is free again after it was given back, and only its holder can do that', async () => {
    const first = await acquire('a');
    if (!first) throw new Error('not acquired');
    await lease.release({ ...first, token: first.token + 1n });
    expect(await acquire('b')).toBeUndefined();
    await lease.release(first);
    expect(await holds(await acquire('b'))).toBe(true);
  });
});

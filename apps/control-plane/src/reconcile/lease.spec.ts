import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import { Leadership } from './leadership.ts';
import { LeaseRepository, requireFence, type Fence } from './lease.repository.ts';
import { LEASE_RENEW_MS, LEASE_RETRY_MS } from './limits.ts';
import { quietLog } from './testing.ts';
import { VirtualTime } from './virtual-time.ts';

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
    expect(first && (await lease.renew(first, HOUR_MS))).toBe(false);
  });

  it('keeps a lease that ran out but that nobody took', async () => {
    const first = await acquire('a', 0);
    expect(first && (await lease.renew(first, HOUR_MS))).toBe(true);
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

describe('Leadership', () => {
  function lead(holder: string, time: VirtualTime, events: string[]): Leadership {
    return new Leadership({
      lease,
      name: 'spec',
      holder,
      takeOver: false,
      timers: time,
      log: quietLog,
      onGained: () => events.push(`${holder} gained`),
      onLost: () => events.push(`${holder} lost`),
    });
  }

  /** Virtual time plus what the database needs to answer. */
  async function pass(time: VirtualTime, ms: number): Promise<void> {
    await time.advance(ms);
    await open.prisma.lease.count();
    await time.advance(0);
  }

  it('is lost by a holder that slept, which says so, and passes on when it stops', async () => {
    const events: string[] = [];
    const sleeper = new VirtualTime();
    const time = new VirtualTime();
    const a = lead('a', sleeper, events);
    const b = lead('b', time, events);
    await a.start();
    await b.start();
    expect(events).toEqual(['a gained']);
    await open.prisma.$executeRaw`UPDATE lease SET expires_at = now()`;
    await pass(time, LEASE_RETRY_MS);
    await expect.poll(() => events).toEqual(['a gained', 'b gained']);
    await pass(sleeper, LEASE_RENEW_MS);
    await expect.poll(() => events.at(-1)).toBe('a lost');
    expect(a.fence).toBeUndefined();
    await b.stop();
    await pass(sleeper, LEASE_RETRY_MS);
    await expect.poll(() => events.at(-1)).toBe('a gained');
    await a.stop();
  });
});

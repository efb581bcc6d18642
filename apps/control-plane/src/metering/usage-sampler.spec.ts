import type { BrokerReport } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openDatabase } from '../database/open-database.ts';
import { findPostgres, startPostgres, type TestPostgres } from '../database/postgres-testing.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { inScope } from '../observability/op-scope.ts';
import type { Fence } from '../reconcile/lease.repository.ts';
import { quietLog } from '../reconcile/testing.ts';
import { VirtualTime } from '../reconcile/virtual-time.ts';
import { NO_METERING_PROBE, type SampleOutcome } from './metering-probe.ts';
import { reportOf, seedMeteredCluster, takeFence } from './testing.ts';
import { UsageSampler } from './usage-sampler.ts';
import { HOURS_KEPT_MS, MINUTES_KEPT_MS, UsageRepository } from './usage.repository.ts';

const MINUTE_MS = 60_000;
/** In 2017, before the rows with which plans of statements are asked for: few rows are too old. */
const START_MS = 1_500_000_000_000;
const postgres = await findPostgres();

let open: OpenDatabase;
let server: TestPostgres | undefined;
let time: VirtualTime;

afterAll(async () => {
  await server?.stop();
});

afterEach(async () => {
  await open.prisma.usageMinute.deleteMany();
  await open.prisma.usageHour.deleteMany();
  await open.prisma.usageCluster.deleteMany();
});

/** A control plane's sampler; `answer` is what the broker says when it is asked. */
function samplerOf(fence: Fence, answer: () => BrokerReport | Promise<BrokerReport>) {
  const outcomes: SampleOutcome[] = [];
  const sampler = new UsageSampler({
    usage: new UsageRepository(open.prisma),
    read: async () => answer(),
    fenceOf: () => fence,
    dataPlaneId: 'dp-1',
    platformUser: 'weirhouse-control',
    clock: time,
    timers: time,
    log: quietLog,
    probe: { ...NO_METERING_PROBE, onSample: (outcome) => outcomes.push(outcome) },
  });
  return { sampler, outcomes };
}

async function sumOfHours(): Promise<{ received: number; sent: number; minutes: number }> {
  const { _sum: sum } = await open.prisma.usageHour.aggregate({
    where: { principal: '', topic: '' },
    _sum: { receivedBytes: true, sentBytes: true, minutes: true },
  });
  return {
    received: Number(sum.receivedBytes ?? 0),
    sent: Number(sum.sentBytes ?? 0),
    minutes: sum.minutes ?? 0,
  };
}

describe.each(['pglite', 'postgres'] as const)('the usage sampler on %s', (kind) => {
  const isMissing = kind === 'postgres' && 'why' in postgres;

  beforeAll(async () => {
    if (isMissing) return;
    if (kind === 'postgres' && 'bin' in postgres) {
      server = await startPostgres(postgres.bin);
      const databaseUrl = await server.createDatabase();
      open = await openDatabase({ databaseUrl, stateFolder: '' });
    } else open = await openTestDatabase();
    time = new VirtualTime();
    await time.advance(START_MS);
    await seedMeteredCluster(open.prisma);
  }, SETUP_MAX_MS);

  afterAll(async () => {
    if (!isMissing) await open.close();
  }, SETUP_MAX_MS);

  it.skipIf(isMissing)('writes what is new each minute, and adds it to its hour', async () => {
    let report = reportOf(100, 0);
    const { outcomes, sampler } = samplerOf(await takeFence(open.prisma, 'a'), () => report);
    await sampler.sampleAll();
    await sampler.sampleAll();
    await time.advance(MINUTE_MS);
    report = reportOf(150, 40);
    await sampler.sampleAll();
    expect(outcomes).toEqual(['metered', 'early', 'metered']);
    const minutes = await open.prisma.usageMinute.findMany({ orderBy: { minute: 'asc' } });
    expect(minutes.map(({ sections }) => (sections as { traffic: unknown }).traffic)).toEqual([
      [['sa-1', 'hello', 100, 10, 0, 0]],
      [['sa-1', 'hello', 50, 5, 40, 4]],
    ]);
    const hours = await open.prisma.usageHour.findMany({ orderBy: { topic: 'desc' } });
    expect(hours[0]).toMatchObject({ principal: 'sa-1', topic: 'hello', receivedBytes: 150n });
    expect(await sumOfHours()).toEqual({ received: 150, sent: 40, minutes: 2 });
  });

  it.skipIf(isMissing)(
    'begins at 0 with a new process of the broker, and bridges gaps',
    async () => {
      let answer: () => BrokerReport = () => reportOf(100, 0);
      const { outcomes, sampler } = samplerOf(await takeFence(open.prisma, 'a'), () => answer());
      await time.advance(MINUTE_MS);
      await sampler.sampleAll();
      answer = () => {
        throw new AppError('unavailable', 'The broker is down.');
      };
      await time.advance(MINUTE_MS);
      await sampler.sampleAll();
      answer = () => reportOf(30, 0, 'life-2');
      await time.advance(5 * MINUTE_MS);
      await sampler.sampleAll();
      expect(outcomes).toEqual(['metered', 'silent', 'metered']);
      expect(await sumOfHours()).toMatchObject({ received: 130, minutes: 2 });
    },
  );

  it.skipIf(isMissing)(
    'counts once when two processes race, and never for one that lost its shards',
    async () => {
      const fence = await takeFence(open.prisma, 'a');
      await time.advance(MINUTE_MS);
      let other: Promise<void> = Promise.resolve();
      const quick = samplerOf(fence, () => reportOf(500, 0));
      const slow = samplerOf(fence, async () => {
        other = quick.sampler.sampleAll();
        await other;
        return reportOf(500, 0);
      });
      await slow.sampler.sampleAll();
      expect([quick.outcomes, slow.outcomes]).toEqual([['metered'], ['overtaken']]);
      expect(await sumOfHours()).toMatchObject({ received: 500 });

      await takeFence(open.prisma, 'b');
      await time.advance(MINUTE_MS);
      const old = samplerOf(fence, () => reportOf(900, 0));
      await old.sampler.sampleAll();
      expect(old.outcomes).toEqual(['failed']);
      expect(await sumOfHours()).toMatchObject({ received: 500 });
    },
  );

  it.skipIf(isMissing)(
    'samples a last time when it stops, in whatever minute that is',
    async () => {
      let report = reportOf(100, 0);
      const { outcomes, sampler } = samplerOf(await takeFence(open.prisma, 'a'), () => report);
      await time.advance(MINUTE_MS);
      sampler.start();
      await sampler.sampleAll();
      report = reportOf(160, 0);
      await sampler.stop();
      expect(outcomes).toEqual(['metered', 'metered']);
      expect(await sumOfHours()).toMatchObject({ received: 160 });
    },
  );

  it.skipIf(isMissing)('keeps minutes for a week and hours for 400 days', async () => {
    const { sampler } = samplerOf(await takeFence(open.prisma, 'a'), () => reportOf(100, 0));
    await time.advance(2 * MINUTE_MS);
    await sampler.sampleAll();
    const usage = new UsageRepository(open.prisma);
    const nowMs = time.wallMs();
    const rows = async () => [
      await open.prisma.usageMinute.count(),
      await open.prisma.usageHour.count(),
      await open.prisma.usageCluster.count(),
    ];
    const prune = (atMs: number) => inScope({ requestId: 'spec' }, () => usage.prune(atMs));
    expect(await prune(nowMs + MINUTES_KEPT_MS - MINUTE_MS)).toBe(false);
    expect(await rows()).toEqual([1, 3, 1]);
    await prune(nowMs + MINUTES_KEPT_MS + 2 * MINUTE_MS);
    expect(await rows()).toEqual([0, 3, 1]);
    await prune(nowMs + HOURS_KEPT_MS + 60 * MINUTE_MS);
    expect(await rows()).toEqual([0, 0, 0]);
  });
});

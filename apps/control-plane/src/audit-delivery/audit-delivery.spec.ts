import { AppError, type Clock, type Timers } from '@weirhouse/shared-kernel';
import {
  array,
  assert as assertProperty,
  asyncProperty,
  constantFrom,
  integer,
  option,
  record,
} from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertAuditEvent, type AuditEvent } from '../audit/audit-events.repository.ts';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import type { KafkaAccess } from '../kafka-rest/kafka-access.repository.ts';
import { systemClock, systemRandom, systemTimers } from '../ports.ts';
import { LeaseRepository, type Fence } from '../reconcile/lease.repository.ts';
import { seedCluster } from '../reconcile/testing.ts';
import { findRunPostgres } from '../testing/run-postgres.ts';
import { SILENT_LOG } from '../testing/test-app.ts';
import { AuditDeliveryRepository } from './audit-delivery.repository.ts';
import { AuditDelivery } from './audit-delivery.ts';
import type { AuditTopic } from './audit-topic.ts';
import { NO_DELIVERY_PROBE } from './delivery-probe.ts';

const DATA_PLANE = 'dp-audit';
const LEASE = 'audit-spec';
const LEASE_MS = 600_000;
/** So much faster does time go by: pauses after failures are for people. */
const HASTE = 100;

let database: OpenDatabase;
let destination: { readonly organizationId: string; readonly clusterId: string };

beforeAll(async () => {
  database = await openTestDatabase();
  const { clusterId } = await seedCluster(database.prisma);
  const { organizationId } = await database.prisma.kafkaCluster.update({
    where: { id: clusterId },
    data: { dataPlaneId: DATA_PLANE },
  });
  destination = { clusterId, organizationId };
}, SETUP_MAX_MS);

afterAll(() => database.close());

const clock: Clock = { ...systemClock, monotonicMs: () => performance.now() * HASTE };
const timers: Timers = {
  after: (delayMs, callback) => systemTimers.after(delayMs / HASTE, callback),
};

/** What a try of something may come to, besides working. */
type Fault = 'before' | 'after';

/** A topic as a broker keeps it: one writer at a time, batches whole or not at all. */
class FakeBroker {
  readonly eventIds: string[] = [];
  writer = 0;
  isMade = false;
  /** Taken one at a time by whatever is tried. */
  faults: (Fault | undefined)[] = [];

  open(): AuditTopic {
    let epoch = 0;
    const tried = async <T>(work: () => T): Promise<T> => {
      const fault = this.faults.shift();
      await new Promise(setImmediate);
      if (fault === 'before') throw new AppError('unavailable', 'the broker is gone');
      const result = work();
      if (fault === 'after') throw new AppError('timeout', 'no answer came');
      return result;
    };
    return {
      ensure: ({ isKnown }) =>
        tried(() => {
          this.isMade = true;
          return isKnown ? 'found' : 'made';
        }),
      begin: () =>
        tried(() => {
          this.writer += 1;
          epoch = this.writer;
        }),
      readIds: (offset) =>
        tried(() => {
          const eventIds = this.eventIds.slice(offset, offset + 3);
          const nextOffset = offset + eventIds.length;
          return { eventIds, nextOffset, isEnd: nextOffset === this.eventIds.length };
        }),
      write: (events) =>
        tried(() => {
          if (epoch !== this.writer) throw new AppError('internal', 'PRODUCER_FENCED');
          const batch = events.slice(0, 4);
          this.eventIds.push(...batch.map(({ id }: AuditEvent) => id));
          return { written: batch.length, endOffset: this.eventIds.length };
        }),
      close: () => undefined,
    };
  }
}

function startDelivery(broker: FakeBroker, fenceOf: () => Fence | undefined): AuditDelivery {
  return new AuditDelivery({
    repository: new AuditDeliveryRepository(database.prisma),
    dataPlaneId: DATA_PLANE,
    fenceOf,
    findAccess: async () => ({ bootstrap: [{ host: 'h', port: 1 }] }) as unknown as KafkaAccess,
    openTopic: () => broker.open(),
    clock,
    timers,
    random: systemRandom,
    log: SILENT_LOG,
    probe: NO_DELIVERY_PROBE,
  });
}

async function acquire(holder: string): Promise<Fence> {
  const fence = await new LeaseRepository(database.prisma).acquire({
    name: LEASE,
    holder,
    durationMs: LEASE_MS,
    takeOver: true,
  });
  if (fence === undefined) throw new Error('the lease is not free');
  return fence;
}

async function happen(count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) await insert(database.prisma, `r-${index}`);
}

function insert(writer: Parameters<typeof insertAuditEvent>[0], requestId: string): Promise<void> {
  return insertAuditEvent(writer, {
    organizationId: destination.organizationId,
    actor: 'User:u-1',
    action: 'CreateEnvironment',
    resourceCrn: 'crn://weirhouse/organization=o',
    requestId,
    result: 'SUCCESS',
    clientAddress: undefined,
    credentialId: undefined,
    createdAtMs: Date.now(),
  });
}

async function begin(): Promise<FakeBroker> {
  const { prisma } = database;
  const { clusterId, organizationId } = destination;
  await prisma.auditDelivery.deleteMany();
  await prisma.auditTopic.deleteMany();
  await prisma.auditLog.deleteMany();
  await prisma.auditRecord.deleteMany({ where: { organizationId } });
  await prisma.auditTopic.create({ data: { clusterId } });
  await prisma.auditLog.create({ data: { organizationId, clusterId } });
  return new FakeBroker();
}

async function expectEachOnce(broker: FakeBroker): Promise<void> {
  const where = { organizationId: destination.organizationId };
  await expect
    .poll(() => database.prisma.auditDelivery.count({ where }), { timeout: 20_000 })
    .toBe(0);
  const rows = await database.prisma.auditRecord.findMany({ where, orderBy: { id: 'asc' } });
  expect(broker.eventIds).toEqual(rows.map(({ eventId }) => eventId));
  const log = await database.prisma.auditLog.findUnique({ where });
  expect(log).toMatchObject({ deliveredCount: BigInt(rows.length), failure: null });
}

const stepArbitrary = record({
  events: integer({ min: 0, max: 6 }),
  faults: array(option(constantFrom<Fault>('before', 'after'), { nil: undefined }), {
    maxLength: 6,
  }),
  /** Who gets the lease, if anybody new; the one before goes on believing that it has it. */
  taker: option(constantFrom(0, 1), { nil: undefined }),
});

test('whatever fails, and whoever takes over, each event arrives once and in order', async () => {
  await assertProperty(
    asyncProperty(array(stepArbitrary, { minLength: 1, maxLength: 6 }), async (steps) => {
      const broker = await begin();
      const fences: (Fence | undefined)[] = [await acquire('0'), undefined];
      const processes = [0, 1].map((index) => startDelivery(broker, () => fences[index]));
      for (const { events, faults, taker } of steps) {
        broker.faults = [...faults];
        await happen(events);
        for (const delivery of processes) delivery.wake();
        if (taker !== undefined) fences[taker] = await acquire(String(taker));
      }
      broker.faults = [];
      fences[0] = await acquire('0');
      for (const delivery of processes) delivery.wake();
      await expectEachOnce(broker);
      for (const delivery of processes) await delivery.stop();
    }),
    { numRuns: 15, seed: 20_261_121, endOnFailure: true },
  );
}, 120_000);

// The embedded database has one session: there nothing overlaps.
test.skipIf(findRunPostgres() === undefined)(
  'an event that was numbered before another and committed after it is delivered too',
  async () => {
    const broker = await begin();
    const fence = await acquire('0');
    const delivery = startDelivery(broker, () => fence);
    await database.prisma.$transaction(async (tx) => {
      await insert(tx, 'early');
      await insert(database.prisma, 'late');
      delivery.wake();
      await expect.poll(() => broker.eventIds).toHaveLength(1);
    });
    delivery.wake();
    await expect.poll(() => broker.eventIds).toHaveLength(2);
    await delivery.stop();
    const rows = await database.prisma.auditRecord.findMany({ orderBy: { requestId: 'desc' } });
    expect(broker.eventIds).toEqual(rows.map(({ eventId }) => eventId));
    expect(rows.map(({ id }) => id > (rows[1]?.id ?? 0n))).toEqual([true, false]);
  },
);

test('why events wait is told until they do not', async () => {
  const broker = await begin();
  const fence = await acquire('0');
  const delivery = startDelivery(broker, () => fence);
  broker.faults = Array.from({ length: 400 }, () => 'before');
  await happen(2);
  delivery.wake();
  const failure = async (): Promise<string | null | undefined> =>
    (await database.prisma.auditLog.findFirst())?.failure;
  await expect.poll(failure).toBe('the broker is gone');
  broker.faults = [];
  await expectEachOnce(broker);
  await delivery.stop();
});

test('what waits is not for a cluster that receives the events no more', async () => {
  await begin();
  await happen(3);
  const repository = new AuditDeliveryRepository(database.prisma);
  expect(await repository.listPending(destination, 2)).toHaveLength(2);
  await database.prisma.auditLog.updateMany({ data: { clusterId: null } });
  expect(await repository.listPending(destination, 2)).toEqual([]);
  expect(await repository.listWaiting(DATA_PLANE)).toEqual([]);
  expect(await repository.findTopic(destination)).toBeUndefined();
});

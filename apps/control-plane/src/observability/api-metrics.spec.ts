import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { createLog } from '@weirhouse/shared-observability';
import type { Registry } from 'prom-client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { createQueryMeter, watchOutbox } from '../database/database-metrics.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { METRICS } from '../ports.ts';
import { createTenant, createTestApp, inject } from '../testing/test-app.ts';
import { findScope, inScope } from './op-scope.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let registry: Registry;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  registry = app.get<Registry>(METRICS);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
}, SETUP_MAX_MS);

test('requests are counted by route and status, and no path of a caller becomes a label', async () => {
  const tenant = await createTenant(app);
  await tenant.call('GET', '/org/v2/environments/env-secret1');
  await inject(app, { method: 'GET', url: '/org/v2/environments' });
  await inject(app, { method: 'GET', url: '/chosen-by-somebody' });
  const text = await registry.metrics();
  const count = (labels: string): string =>
    `weirhouse_control_plane_request_seconds_count{${labels}} 1`;
  expect(text).toContain(count('method="GET",route="/org/v2/environments/:id",status="404"'));
  expect(text).toContain(count('method="GET",route="/org/v2/environments",status="401"'));
  expect(text).toContain(count('method="none",route="none",status="404"'));
  expect(text).not.toMatch(/env-secret1|chosen-by-somebody/u);
});

test('the age of the oldest change that waits is told, and when nobody can tell it', async () => {
  watchOutbox(database.prisma, registry);
  const age = async (): Promise<number> => {
    const text = await registry.metrics();
    return Number(/^weirhouse_control_plane_outbox_age_seconds (\S+)$/mu.exec(text)?.[1]);
  };
  expect(await age()).toBe(0);
  const createdAt = new Date(Date.now() - 60_000);
  const row = { resourceKind: 'Cluster', resourceId: 'lkc-1', createdAt };
  await database.prisma.outbox.create({ data: row });
  expect(await age()).toBeGreaterThanOrEqual(60);
  await database.prisma.outbox.deleteMany();
});

test('statements are timed by outcome', async () => {
  const meter = createQueryMeter(registry);
  meter.onQuery({ sql: 'SELECT 1', args: [], argTypes: [] }, 30, 'failed');
  expect(await registry.metrics()).toContain(
    'weirhouse_control_plane_database_statement_seconds_count{outcome="failed"} 1',
  );
});

test('every line of one piece of work has its request id', async () => {
  const lines: string[] = [];
  const log = createLog({
    component: 'test',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
    fields: () => ({ ...findScope() }),
  });
  await inScope({ requestId: 'pass-1', clusterId: 'lkc-1' }, async () => {
    await Promise.resolve();
    log.info({ step: 'x' }, 'inside');
  });
  log.info({}, 'outside');
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    requestId: 'pass-1',
    clusterId: 'lkc-1',
    step: 'x',
  });
  expect(lines[1]).not.toContain('requestId');
});

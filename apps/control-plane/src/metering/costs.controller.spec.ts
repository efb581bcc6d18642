import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { hourRowsOf } from '@weirhouse/cloud-plan';
import { temporaryFolder } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  basic,
  bindRole,
  createTenant,
  createTestApp,
  inject,
  type Tenant,
} from '../testing/test-app.ts';
import { readPrices } from './prices.ts';
import { takeFence } from './testing.ts';
import { UsageRepository } from './usage.repository.ts';

const DAY_MS = 86_400_000;
const PRICES = { KAFKA_NETWORK_WRITE: 0.5, KAFKA_BASE: 2 };

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let stranger: Tenant;
const today = Date.now() - (Date.now() % DAY_MS);

interface Costs {
  readonly metadata: { readonly next?: string; readonly total_size: number };
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma, { prices: PRICES });
  tenant = await createTenant(app);
  stranger = await createTenant(app);
  await use(tenant, 'lkc-mine', [today - DAY_MS, today - DAY_MS + 3_600_000, today]);
  await use(stranger, 'lkc-other', [today]);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

/** In each of these minutes a gigabyte came in, and one of two was kept by 60 partitions. */
async function use(of: Tenant, clusterId: string, minutes: readonly number[]): Promise<void> {
  const usage = new UsageRepository(database.prisma);
  const fence = await takeFence(database.prisma, 'spec');
  const { organizationId } = of;
  const place = { environmentId: 'env-gone', displayName: 'was here', cku: 0, brokers: [] };
  const used = {
    traffic: [['u-a', 't', 1e9, 1, 0, 0]],
    requests: [],
    principals: [],
    topics: [['t', 60, 2e9]],
    lags: [],
    totals: [[1, 60, 0, 1, 1, 0]],
  };
  for (const [at, minuteMs] of minutes.entries())
    await usage.record(fence, {
      cluster: { clusterId, organizationId, ...place },
      state: { revision: at + 1, minuteMs, memory: {} },
      usage: used,
      hourRows: hourRowsOf(used),
    });
}

function day(fromToday: number): string {
  return new Date(today + fromToday * DAY_MS).toISOString().slice(0, 10);
}

function costs(from: number, until: number, more = ''): string {
  return `/billing/v1/costs?start_date=${day(from)}&end_date=${day(until)}${more}`;
}

describe('billing/v1 costs', () => {
  test('are the usage of each day times the prices, of clusters that are gone too', async () => {
    const { body } = await tenant.call('GET', costs(-1, 0));
    const { data } = body as Costs;
    expect(data.map((cost) => [cost['line_type'], cost['quantity'], cost['amount']])).toEqual([
      ['KAFKA_BASE', 2 / 60, 4 / 60],
      ['KAFKA_NETWORK_WRITE', 2, 1],
      ['KAFKA_STORAGE', 4 / 60, 0],
      ['KAFKA_PARTITION', 2, 0],
    ]);
    expect(data[1]).toMatchObject({
      id: `lkc-mine-${day(-1)}-KAFKA_NETWORK_WRITE`,
      start_date: day(-1),
      end_date: day(0),
      price: 0.5,
      unit: 'GB',
      original_amount: 1,
      discount_amount: 0,
      resource: { id: 'lkc-mine', display_name: 'was here', environment: { id: 'env-gone' } },
    });
  });

  test('come by pages, and are those of the own organization', async () => {
    const ids: unknown[] = [];
    let url: string | undefined = costs(-2, 1, '&page_size=3');
    while (url !== undefined) {
      const { data, metadata }: Costs = (await tenant.call('GET', url)).body as Costs;
      expect(metadata.total_size).toBe(8);
      ids.push(...data.map(({ id }) => id));
      const next: URL | undefined =
        metadata.next === undefined ? undefined : new URL(metadata.next);
      url = next && `${next.pathname}${next.search}`;
    }
    expect(new Set(ids).size).toBe(8);
    expect(ids.filter((id) => !String(id).startsWith('lkc-mine-'))).toEqual([]);
  });

  test.each([
    ['a day that is left out', costs(0, 0), 'end_date must be after'],
    ['more than a month', costs(-40, 0), 'within 31 days'],
    ['what is long ago', costs(-380, -370), 'within the last 365 days'],
    ['no day', '/billing/v1/costs?start_date=today&end_date=2026-01-01', 'start_date'],
    ['nothing', '/billing/v1/costs', 'start_date is required'],
  ])('refuse %s', async (_, url, reason) => {
    const { body, status } = await tenant.call('GET', url);
    expect(status).toBe(400);
    expect(JSON.stringify(body)).toContain(reason);
  });

  test('are shown to a BillingAdmin and not to a MetricsViewer', async () => {
    const ask = async (roleName: string) => {
      const account = await tenant.call('POST', '/iam/v2/service-accounts', {
        display_name: roleName,
      });
      const { id } = account.body as { readonly id: string };
      const created = await tenant.call('POST', '/iam/v2/api-keys', {
        spec: { owner: { id }, resource: { id: 'cloud' } },
      });
      const key = created.body as { id: string; spec: { secret: string } };
      await bindRole(app, tenant, { principalId: id, roleName });
      const headers = { authorization: basic(key.id, key.spec.secret) };
      return (await inject(app, { method: 'GET', url: costs(-1, 1), headers })).status;
    };
    expect(await ask('BillingAdmin')).toBe(200);
    expect(await ask('MetricsViewer')).toBe(403);
  });
});

describe('the file of prices', () => {
  const write = (text: string): string => {
    const folder = temporaryFolder('prices');
    onTestFinished(() => folder.remove());
    const file = join(folder.path, 'prices.json');
    writeFileSync(file, text);
    return file;
  };

  test('gives prices, and without it nothing costs anything', () => {
    expect(readPrices(write('{"KAFKA_STORAGE": 0.25}'))).toEqual({ KAFKA_STORAGE: 0.25 });
    expect(readPrices(undefined)).toEqual({});
  });

  test.each(['{', '{"KAFKA_STORGE": 1}', '{"KAFKA_BASE": -1}', '[]'])(
    'is refused as %s',
    (text) => {
      expect(() => readPrices(write(text))).toThrow('WEIRHOUSE_PRICES_FILE');
    },
  );
});

import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Log } from '@weirhouse/shared-kernel';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  basic,
  createTenant,
  createTestApp,
  inject,
  SILENT_LOG,
  type Tenant,
} from '../testing/test-app.ts';

interface Line {
  readonly fields: object;
  readonly message: string;
}

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
const lines: Line[] = [];
const log: Log = {
  ...SILENT_LOG,
  info: (fields, message) => {
    lines.push({ fields, message });
  },
};

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma, { log });
  tenant = await createTenant(app);
}, SETUP_MAX_MS);

beforeEach(() => {
  lines.length = 0;
});

afterAll(async () => {
  await app.close();
  await database.close();
});

function answered(): readonly Line[] {
  return lines.filter(({ message }) => message === 'request answered');
}

test('a change leaves one line: who asked for what, how it ended and how long it took', async () => {
  const made = await tenant.call('POST', '/org/v2/environments', { display_name: 'prod' });
  await tenant.call('GET', '/org/v2/environments');
  expect(answered()).toEqual([
    {
      message: 'request answered',
      fields: {
        requestId: made.headers['x-request-id'],
        method: 'POST',
        route: '/org/v2/environments',
        status: 201,
        durationMs: expect.any(Number),
        clientAddress: '127.0.0.1',
        principal: `User:${tenant.userId}`,
        organizationId: tenant.organizationId,
      },
    },
  ]);
});

test('refused ones leave a line too, without what was sent', async () => {
  const secrets = ['a-wrong-secret', 'a-password-of-somebody', 'a-token-of-a-link'];
  const [secret = '', password = '', token = ''] = secrets;
  const send = (url: string, body: object, authorization?: string): Promise<unknown> =>
    inject(app, {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      payload: JSON.stringify(body),
    });
  await send('/org/v2/environments', { display_name: 'x' }, basic(tenant.keyId, secret));
  await send('/api/sessions', { email: tenant.email, password });
  await send(`/v1/invitations/${token}:accept`, { full_name: 'Ann', password });
  const seen = answered().map(
    ({ fields }) => 'route' in fields && 'status' in fields && [fields.route, fields.status],
  );
  expect(seen).toEqual([
    ['/org/v2/environments', 401],
    ['/sessions', 403],
    [expect.stringContaining('/v1/invitations/'), 404],
  ]);
  const text = JSON.stringify(answered());
  for (const value of [...secrets, tenant.email]) expect(text).not.toContain(value);
});

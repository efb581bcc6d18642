import { once } from 'node:events';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTestApp, inject } from '../testing/test-app.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let port: number;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  await app.listen(0, '127.0.0.1');
  ({ port } = app.getHttpServer().address() as AddressInfo);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

interface RawAnswer {
  readonly status: number;
  readonly headers: string;
  readonly body: unknown;
}

/** Sends bytes and reads until the server ends the connection. */
async function send(text: string): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('utf8').on('data', (chunk: string) => (answer += chunk));
  socket.write(text);
  await once(socket, 'close');
  const [headers = '', body = ''] = answer.split('\r\n\r\n');
  return { status: Number(headers.split(' ')[1]), headers, body: JSON.parse(body) };
}

test('a path that cannot be decoded is refused in the dialect of where it went', async () => {
  const cloud = await inject(app, { method: 'GET', url: '/org/v2/environments/%c3%28' });
  expect(cloud.status).toBe(400);
  expect(FailureSchema.parse(cloud.body).errors[0]?.id).toBe(cloud.headers['x-request-id']);
  const rest = await inject(app, { method: 'GET', url: '/kafka/v3/clusters/%zz' });
  expect([rest.status, rest.body]).toMatchObject([400, { error_code: 40002 }]);
});

test('an id that is too long is refused by its name', async () => {
  const url = `/org/v2/environments/${'x'.repeat(4_000)}`;
  const headers = { authorization: 'Basic eDp5' };
  expect((await inject(app, { method: 'GET', url, headers })).status).toBe(401);
});

test('headers that are too long are refused in the dialect of where they went', async () => {
  const header = `x-long: ${'x'.repeat(20_000)}`;
  const cloud = await send(`GET /org/v2/environments HTTP/1.1\r\n${header}\r\n\r\n`);
  expect(cloud.status).toBe(431);
  expect(cloud.headers).toContain('content-type: application/json');
  expect(FailureSchema.parse(cloud.body).errors[0]?.detail).toContain('16 KiB');
  const rest = await send(`GET /api/kafka/v3/clusters HTTP/1.1\r\n${header}\r\n\r\n`);
  expect([rest.status, rest.body]).toMatchObject([431, { error_code: 43101 }]);
});

test('what is no HTTP is refused', async () => {
  const answer = await send('EHLO example.org\r\n\r\n');
  expect(answer.status).toBe(400);
  expect(FailureSchema.parse(answer.body).errors).toHaveLength(1);
});

import { AppError } from '@weirhouse/shared-kernel';
import { Gauge } from 'prom-client';
import { expect, onTestFinished, test } from 'vitest';
import { startAdminServer } from './admin-server.ts';
import { createLog } from './log.ts';
import { createRegistry } from './metrics.ts';

async function anAdminServer(ready: boolean) {
  const registry = createRegistry('test');
  new Gauge({ name: 'weirhouse_test_things', help: 'Things.', registers: [registry] }).set(7);
  const server = await startAdminServer({
    host: '127.0.0.1',
    port: 0,
    registry,
    readiness: () => ({ ready, nodeId: 3 }),
    reports: { '/usage': () => ({ bytes: 12 }) },
  });
  onTestFinished(() => server.close());
  return server;
}

test('liveness, readiness and metrics answer', async () => {
  const server = await anAdminServer(true);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
  const ready = await fetch(`${server.url}/readyz`);
  expect([ready.status, await ready.json()]).toEqual([200, { ready: true, nodeId: 3 }]);
  const metrics = await (await fetch(`${server.url}/metrics`)).text();
  expect(metrics).toContain('weirhouse_test_things 7');
  expect(metrics).toMatch(/^weirhouse_test_event_loop_busy_ratio (0|1|0\.\d+)$/m);
  // Never sampled, so they would only mislead.
  expect(metrics).not.toContain('eventloop_lag_p99');
  expect((await fetch(`${server.url}/other`)).status).toBe(404);
  expect((await fetch(`${server.url}/livez`, { method: 'POST' })).status).toBe(405);
});

test('reports of the process answer as JSON, and an unknown path says which there are', async () => {
  const server = await anAdminServer(true);
  expect(await (await fetch(`${server.url}/usage`)).json()).toEqual({ bytes: 12 });
  const unknown = (await (await fetch(`${server.url}/constructor`)).json()) as object;
  expect(unknown).toMatchObject({ paths: ['/livez', '/readyz', '/metrics', '/usage'] });
});

test('a process that is not ready answers 503 and says why', async () => {
  const server = await anAdminServer(false);
  expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
});

test('a port in use is one clear sentence', async () => {
  const server = await anAdminServer(true);
  const port = Number(new URL(server.url).port);
  await expect(
    startAdminServer({
      host: '127.0.0.1',
      port,
      registry: createRegistry('test'),
      readiness: () => ({ ready: true }),
    }),
  ).rejects.toThrow(`Admin port 127.0.0.1:${port} cannot be opened: the port is in use.`);
});

test('log lines are JSON with fields, the level by name and the cause chain of errors', () => {
  const lines: string[] = [];
  const log = createLog({
    component: 'test',
    level: 'info',
    destination: { write: (line) => void lines.push(line) },
  });
  log.debug({}, 'not written');
  log.error({ error: new AppError('internal', 'outer', { cause: new Error('inner') }) }, 'failed');
  const line = JSON.parse(lines[0] ?? '') as {
    level: string;
    msg: string;
    error: { stack: string };
  };
  expect(lines).toHaveLength(1);
  expect([line.level, line.msg]).toEqual(['error', 'failed']);
  expect(line.error.stack).toContain('inner');
});

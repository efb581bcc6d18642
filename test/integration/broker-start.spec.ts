import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startBroker, startProcess, temporaryFolder } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { aSmallVolume } from './small-volume.ts';

function aFolder(): string {
  const folder = temporaryFolder('start');
  onTestFinished(folder.remove);
  return folder.path;
}

async function refused(args: readonly string[]): Promise<{ code: number | null; output: string }> {
  const broker = startProcess({ args: ['-C', 'source', 'apps/broker/src/main.ts', ...args] });
  const { code } = await broker.exited();
  return { code, output: broker.output().trim() };
}

test('health, readiness and metrics of a serving broker', async () => {
  const broker = await startBroker({ dir: join(aFolder(), 'data') });
  const ready = await fetch(`${broker.adminUrl}/readyz`);
  expect([ready.status, (await ready.json()) as object]).toEqual([
    200,
    expect.objectContaining({ ready: true, nodeId: 1 }),
  ]);
  expect((await fetch(`${broker.adminUrl}/livez`)).status).toBe(200);
  const metrics = await (await fetch(`${broker.adminUrl}/metrics`)).text();
  expect(metrics).toContain('weirhouse_broker_connections');
  expect(metrics).toContain('weirhouse_broker_process_resident_memory_bytes');
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);
});

test('a port in use is one clear sentence and nothing is left listening', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => {
    taken.once('listening', resolve);
  });
  const { port } = taken.address() as AddressInfo;
  const { code, output } = await refused([
    '--dir',
    join(aFolder(), 'data'),
    '--listen',
    `127.0.0.1:${port}`,
  ]);
  expect([code, output]).toEqual([
    2,
    `Cannot listen on PLAINTEXT://127.0.0.1:${port}: the port is in use by another process.`,
  ]);
});

test('unknown flags, bad addresses and bad keys are refused by name', async () => {
  const dir = join(aFolder(), 'data');
  expect(await refused(['--dirr', dir])).toMatchObject({
    code: 2,
    output: expect.stringContaining('--dirr'),
  });
  expect(await refused(['--dir', dir, '--listen', 'nowhere'])).toMatchObject({ code: 2 });
  const file = join(aFolder(), 'c.json');
  writeFileSync(file, '{"num.partitons": 3}');
  const { code, output } = await refused(['--dir', dir, '--config', file]);
  expect(code).toBe(2);
  expect(output).toContain('num.partitons');
});

test('a plaintext listener beyond loopback is refused', async () => {
  const { code, output } = await refused([
    '--dir',
    join(aFolder(), 'data'),
    '--listen',
    '0.0.0.0:0',
  ]);
  expect(code).toBe(2);
  expect(output).toContain('open to anyone');
});

test('a data folder is used by one broker at a time', async () => {
  const dir = join(aFolder(), 'data');
  const broker = await startBroker({ dir });
  const { code, output } = await refused(['--dir', dir, '--listen', '127.0.0.1:0']);
  expect(code).toBe(3);
  expect(output).toContain('Another broker is using the folder');
  broker.kill('SIGTERM');
  await broker.exited();
});

test('a data folder of a newer format, another node or another cluster is refused', async () => {
  const dir = join(aFolder(), 'data');
  mkdirSync(dir);
  const meta = (version: number, node: number): void =>
    writeFileSync(
      join(dir, 'meta.properties'),
      `version=${version}\ncluster.id=abc\nnode.id=${node}\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAQ\n`,
    );
  meta(2, 1);
  expect(await refused(['--dir', dir])).toMatchObject({
    code: 2,
    output: expect.stringContaining('newer'),
  });
  meta(1, 7);
  expect(await refused(['--dir', dir])).toMatchObject({
    code: 2,
    output: expect.stringContaining('node 7'),
  });
});

test('a data folder that cannot be made is one clear sentence', async () => {
  const parent = aFolder();
  writeFileSync(join(parent, 'file'), '');
  const { code, output } = await refused(['--dir', join(parent, 'file', 'data')]);
  expect(code).toBe(4);
  expect(output).toMatch(/^Data folder .* cannot be written: .*\.$/);
});

test('a full disk at start is one clear sentence', async (context) => {
  const volume = aSmallVolume(context, 64 << 10);
  volume.fill(4 << 10);
  const { code, output } = await refused([
    '--dir',
    join(volume.path, 'data'),
    '--listen',
    '127.0.0.1:0',
  ]);
  expect(code).toBe(4);
  expect(output).toContain('disk is full');
});

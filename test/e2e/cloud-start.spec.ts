import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { startCloud, startCloudProcess, temporaryFolder } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';

const brokerPorts = '39192-39199';

function aFolder(): string {
  const folder = temporaryFolder('cloud-start');
  onTestFinished(folder.remove);
  return folder.path;
}

async function refused(
  home: string,
  options: { args?: readonly string[]; env?: Readonly<Record<string, string>> } = {},
): Promise<{ code: number | null; output: string }> {
  const { args = [], env = {} } = options;
  const cloud = startCloudProcess({ home, brokerPorts, env }, args);
  const { code } = await cloud.exited();
  return { code, output: cloud.output().trim() };
}

/** One line that says what is wrong, and an exit code that says that something is. */
function expectOneSentence(result: { code: number | null; output: string }, says: RegExp): void {
  expect(result.output).toMatch(says);
  expect(result.output.split('\n')).toHaveLength(1);
  expect(result.code).not.toBe(0);
}

test('an unknown flag', async () => {
  const home = join(aFolder(), 'state');
  expectOneSentence(await refused(home, { args: ['--fast'] }), /--fast/);
  expect(existsSync(home)).toBe(false);
});

test('a malformed DATABASE_URL', async () => {
  const home = join(aFolder(), 'state');
  expectOneSentence(await refused(home, { env: { DATABASE_URL: 'not a url' } }), /DATABASE_URL/);
  expect(existsSync(join(home, 'clusters'))).toBe(false);
});

test('an API port in use', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await new Promise((resolve) => {
    taken.once('listening', resolve);
  });
  const { port } = taken.address() as AddressInfo;
  const home = join(aFolder(), 'state');
  expectOneSentence(
    await refused(home, { env: { WEIRHOUSE_PORT: String(port) } }),
    new RegExp(`${port}.*in use`),
  );
  expect(existsSync(join(home, 'clusters')) && readdirSync(join(home, 'clusters')).length > 0).toBe(
    false,
  );
});

test('a state folder that cannot be written', async () => {
  const parent = aFolder();
  writeFileSync(join(parent, 'file'), '');
  expectOneSentence(await refused(join(parent, 'file', 'state')), /cannot be (used|written)/);
});

test('a state folder of a newer version', async () => {
  const home = join(aFolder(), 'state');
  mkdirSync(home);
  writeFileSync(join(home, 'format.json'), '{"format":999}');
  expectOneSentence(await refused(home), /newer/);
});

test('a second control plane on the same state folder', async () => {
  const home = join(aFolder(), 'state');
  const cloud = await startCloud({ home, brokerPorts });
  expectOneSentence(await refused(home), /Another Weirhouse is running/);
  cloud.kill('SIGTERM');
  expect((await cloud.exited()).code).toBe(0);
});

import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { checkout, requireTool, temporaryFolder } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PASSWORD, startSecuredBroker, USER, type SecuredBroker } from './secured-broker.ts';

const run = promisify(execFile);
const LINES = 100_000;

describe.skipIf(!requireTool('kcat', 'apt-get install kcat'))('kcat (librdkafka 2.0)', () => {
  let secured: SecuredBroker;
  beforeAll(async () => {
    secured = await startSecuredBroker();
  });
  afterAll(() => secured.stop());

  function kcat(args: readonly string[], login: { mechanism?: string; password?: string } = {}) {
    const options = {
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': login.mechanism ?? 'PLAIN',
      'sasl.username': USER,
      'sasl.password': login.password ?? PASSWORD,
    };
    const x = Object.entries(options).flatMap(([key, value]) => ['-X', `${key}=${value}`]);
    return run('kcat', ['-b', secured.bootstrap, ...x, ...args], {
      maxBuffer: 1 << 28,
      timeout: 60_000,
    });
  }

  test('lists the metadata of the cluster', async () => {
    const { stdout } = await kcat(['-L', '-J']);
    const metadata = JSON.parse(stdout) as { brokers: { id: number; name: string }[] };
    expect(metadata.brokers).toEqual([{ id: 1, name: secured.bootstrap }]);
  });

  test('100,000 lines of a real text, produced with lz4, come back identical', async () => {
    const folder = temporaryFolder('kcat');
    onTestFinished(folder.remove);
    const source = readFileSync(
      join(checkout, 'node_modules/@typescript/old/lib/typescript.js'),
      'utf8',
    );
    const lines = source.split('\n').filter((line) => line.trim() !== '');
    const text = `${lines.slice(0, LINES).join('\n')}\n`;
    const file = join(folder.path, 'text');
    writeFileSync(file, text);
    await kcat(['-P', '-t', 'text', '-p', '0', '-z', 'lz4', '-l', file]);
    const { stdout } = await kcat(['-C', '-t', 'text', '-p', '0', '-o', 'beginning', '-e', '-q']);
    expect(stdout.split('\n').length - 1).toBe(LINES);
    expect(stdout === text).toBe(true);
  });

  test.each(['gzip', 'snappy', 'zstd'])('a record compressed with %s comes back', async (codec) => {
    const folder = temporaryFolder('kcat');
    onTestFinished(folder.remove);
    const file = join(folder.path, 'text');
    writeFileSync(file, 'abcdefgh'.repeat(200));
    await kcat(['-P', '-t', `codec-${codec}`, '-z', codec, file]);
    const { stdout } = await kcat(['-C', '-t', `codec-${codec}`, '-e', '-q']);
    expect(stdout.trim()).toBe('abcdefgh'.repeat(200));
  });

  test('a consumer group reads everything once', async () => {
    await kcat(['-P', '-t', 'grouped', '-l', join(checkout, 'LICENSE')]);
    const { stdout } = await kcat([
      '-G',
      'readers',
      '-e',
      '-q',
      '-X',
      'auto.offset.reset=earliest',
      'grouped',
    ]);
    const again = await kcat([
      '-G',
      'readers',
      '-e',
      '-q',
      '-X',
      'auto.offset.reset=earliest',
      'grouped',
    ]);
    const lines = readFileSync(join(checkout, 'LICENSE'), 'utf8')
      .split('\n')
      .filter((line) => line !== '');
    expect(
      stdout
        .split('\n')
        .filter((line) => line !== '')
        .toSorted(),
    ).toEqual(lines.toSorted());
    expect(again.stdout.trim()).toBe('');
  });

  test('a wrong password fails with an authentication error, fast', async () => {
    await expect(kcat(['-L', '-m', '5'], { password: 'wrong' })).rejects.toThrow(
      /[Aa]uthentication/,
    );
  });

  test('SCRAM of this old librdkafka repeats its nonce and is refused, as Kafka 4 does', async () => {
    await expect(kcat(['-L', '-m', '5'], { mechanism: 'SCRAM-SHA-256' })).rejects.toThrow(
      /[Aa]uthentication/,
    );
  });
});

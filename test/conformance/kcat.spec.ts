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

  test('SCRAM of this old librdkafka repeats its nonce and is refused, as Kafka 4 does', async () => {
    await expect(kcat(['-L', '-m', '5'], { mechanism: 'SCRAM-SHA-256' })).rejects.toThrow(
      /[Aa]uthentication/,
    );
  });
});

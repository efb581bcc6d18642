import { join } from 'node:path';
import { configDocs } from '@weirhouse/shared-config';
import { describe, expect, test } from 'vitest';
import { ConfigSchema, readCommand, type Config } from './config.ts';

function configOf(words: readonly string[], environment: Record<string, string> = {}): Config {
  const command = readCommand(words, environment);
  if (command.kind !== 'serve') throw new Error('expected to serve');
  return command.config;
}

test('without settings everything is on loopback and under the checkout', () => {
  expect(configOf([])).toMatchObject({
    WEIRHOUSE_HOST: '127.0.0.1',
    WEIRHOUSE_PORT: 8080,
    WEIRHOUSE_BROKER_PORTS: { from: 9092, to: 9191 },
  });
  expect(configOf([]).WEIRHOUSE_HOME).toMatch(/\/\.weirhouse$/u);
});

test('the command line wins over the environment, and an empty variable is none', () => {
  const environment = { WEIRHOUSE_PORT: '7000', DATABASE_URL: '', WEIRHOUSE_OTHER: 'ignored' };
  expect(configOf([], environment).WEIRHOUSE_PORT).toBe(7000);
  expect(configOf(['--port', '0'], environment).WEIRHOUSE_PORT).toBe(0);
  expect(configOf([], environment).DATABASE_URL).toBeUndefined();
});

describe.each([
  { words: ['--ports', '1'], environment: {}, says: 'Unknown option --ports' },
  { words: ['start'], environment: {}, says: 'Unknown option start' },
  { words: ['--port'], environment: {}, says: '--port needs a value' },
  { words: [], environment: { WEIRHOUSE_PORT: 'http' }, says: 'WEIRHOUSE_PORT' },
  { words: [], environment: { WEIRHOUSE_PORT: '70000' }, says: 'WEIRHOUSE_PORT' },
  { words: [], environment: { WEIRHOUSE_BROKER_PORTS: '9092' }, says: 'must look like 9092-9191' },
  {
    words: [],
    environment: { WEIRHOUSE_BROKER_PORTS: '9100-9000' },
    says: 'a range of two or more',
  },
  { words: [], environment: { WEIRHOUSE_PUBLIC_URL: 'ftp://x' }, says: 'WEIRHOUSE_PUBLIC_URL' },
  { words: ['--port', '9100'], environment: {}, says: 'lies in WEIRHOUSE_BROKER_PORTS' },
])('settings that cannot be: $words $environment', ({ words, environment, says }) => {
  test(`are refused in words: ${says}`, () => {
    expect(() => readCommand(words, environment)).toThrow(says);
  });
});

test('printing needs no settings', () => {
  expect(readCommand(['--print-openapi'], { WEIRHOUSE_PORT: 'x' })).toEqual({
    kind: 'print-openapi',
  });
});

test('every setting is in its page, as --print-config-docs prints it (vitest -u writes it anew)', async () => {
  const page = join(import.meta.dirname, '../../../docs/configuration-control-plane.md');
  await expect(configDocs('Settings of the control plane', ConfigSchema)).toMatchFileSnapshot(page);
});

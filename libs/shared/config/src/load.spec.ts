import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { configDocs } from './docs.ts';
import { parseFlags } from './flags.ts';
import { loadConfig, parseConfigText } from './load.ts';

const schema = z.object({
  'node.id': z.coerce.number().int().min(0).meta({ description: 'Id of the broker.' }),
  'idle.ms': z.coerce
    .number()
    .int()
    .min(1)
    .max(1000)
    .default(500)
    .meta({ description: 'Idle limit.', unit: 'ms', needsRestart: false }),
});

describe('loadConfig', () => {
  test('later sources win and defaults fill the rest', () => {
    const config = loadConfig(schema, [
      { name: 'file a', values: { 'node.id': '1' } },
      { name: 'the command line', values: { 'node.id': 2 } },
    ]);
    expect(config).toEqual({ 'node.id': 2, 'idle.ms': 500 });
    expect(Object.isFrozen(config)).toBe(true);
  });

  test('an unknown key is refused with its source and the key that was meant', () => {
    expect(() =>
      loadConfig(schema, [{ name: 'file a', values: { 'node.id': 1, node_id: 1 } }]),
    ).toThrow('node_id (in file a): unknown key, did you mean node.id?');
  });

  test('a value out of bounds names the key and where it was set', () => {
    expect(() =>
      loadConfig(schema, [{ name: 'file a', values: { 'node.id': 1, 'idle.ms': 5000 } }]),
    ).toThrow(/idle\.ms \(in file a\): .*1000/);
  });

  test('a missing required key is named', () => {
    expect(() => loadConfig(schema, [])).toThrow(/node\.id/);
  });
});

test('properties and JSON files give the same values', () => {
  expect(parseConfigText('# note\nnode.id = 3\n\nidle.ms:7\n', 'x')).toEqual({
    'node.id': '3',
    'idle.ms': '7',
  });
  expect(parseConfigText('{"node.id": 3}', 'x')).toEqual({ 'node.id': 3 });
  expect(() => parseConfigText('{"node.id": ', 'x')).toThrow(/not valid JSON/);
  expect(() => parseConfigText('nonsense', 'x')).toThrow(/line 1/);
});

test('flags are a closed list', () => {
  const specs = {
    dir: { kind: 'value', description: 'data folder' },
    verbose: { kind: 'switch', description: 'more output' },
  } as const;
  expect(parseFlags(['--dir', 'a', '--verbose'], specs)).toEqual({ dir: 'a', verbose: true });
  expect(parseFlags(['--dir=a=b'], specs)).toEqual({ dir: 'a=b' });
  expect(() => parseFlags(['--dirr', 'a'], specs)).toThrow(/Unknown option --dirr.*--dir <value>/);
  expect(() => parseFlags(['--dir'], specs)).toThrow(/needs a value/);
  expect(() => parseFlags(['--constructor'], specs)).toThrow(/Unknown option/);
});

test('the reference lists every key with default, bounds, unit and restart', () => {
  expect(configDocs('Config', schema)).toContain(
    '| `idle.ms` | integer >= 1 <= 1000 | `500` | ms | no | Idle limit. |',
  );
});

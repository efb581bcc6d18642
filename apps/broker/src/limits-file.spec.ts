import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Log } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LimitsFile } from './limits-file.ts';

let folder: string;
let warnings: number;
const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => {
    warnings += 1;
  },
  error: () => undefined,
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'limits-'));
  warnings = 0;
});

afterEach(() => rmSync(folder, { recursive: true }));

test('a broker without a file has no limits', () => {
  expect(new LimitsFile(undefined, log).current).toEqual({});
});

test('what the file says is in effect at the next look', () => {
  const path = join(folder, 'limits.json');
  writeFileSync(path, '{"connections": 5}');
  const limits = new LimitsFile(path, log);
  expect(limits.current).toEqual({ connections: 5 });
  writeFileSync(path, '{"connections": 6, "partitions": 9}');
  limits.look();
  expect(limits.current).toEqual({ connections: 6, partitions: 9 });
  limits.close();
});

test('a file that makes no sense stops a start, and changes nothing later', () => {
  const path = join(folder, 'limits.json');
  expect(() => new LimitsFile(path, log)).toThrow('limits.file');
  writeFileSync(path, '{"connections": 0}');
  expect(() => new LimitsFile(path, log)).toThrow('does not hold limits');
  writeFileSync(path, '{"connections": 5}');
  const limits = new LimitsFile(path, log);
  writeFileSync(path, '{"conections": 9}');
  limits.look();
  limits.look();
  expect(limits.current).toEqual({ connections: 5 });
  expect(warnings).toBe(1);
  limits.close();
});

import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { prepareDataFolder } from './data-folder.ts';

test('a folder is made with those above it', () => {
  const top = mkdtempSync(join(tmpdir(), 'weirhouse-folder-'));
  onTestFinished(() => rmSync(top, { recursive: true }));
  const path = join(top, 'a/b/c');
  prepareDataFolder(path);
  expect(existsSync(path)).toBe(true);
  expect(() => prepareDataFolder(path)).not.toThrow();
});

test('where no folder can be made, one sentence says so', () => {
  expect(() => prepareDataFolder('/proc/none/data')).toThrow(/cannot be written/);
});

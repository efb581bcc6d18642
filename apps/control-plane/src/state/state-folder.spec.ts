import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openStateFolder } from './state-folder.ts';

let parent: string;
let path: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'weirhouse-state-'));
  path = join(parent, 'state');
});

afterEach(() => rm(parent, { recursive: true }));

test('a folder is made for its owner only and can be taken again after it was released', async () => {
  const folder = await openStateFolder(path);
  expect((await stat(path)).mode & 0o777).toBe(0o700);
  await folder.release();
  await (await openStateFolder(path)).release();
});

test('a second holder is refused, also by another name of the same folder', async () => {
  const folder = await openStateFolder(path);
  const alias = join(parent, 'alias');
  await symlink(path, alias);
  for (const name of [path, alias])
    await expect(openStateFolder(name)).rejects.toThrow('Another Weirhouse is running');
  await folder.release();
});

test('a folder of a newer Weirhouse is refused, untouched, and not kept', async () => {
  await mkdir(path);
  await writeFile(join(path, 'format.json'), '{"format":2}');
  await expect(openStateFolder(path)).rejects.toThrow('from a newer Weirhouse');
  // Refused for the same reason again: the lock was given back.
  await expect(openStateFolder(path)).rejects.toThrow('from a newer Weirhouse');
  expect(await readdir(path)).toEqual(['format.json']);
});

test('a damaged format file is refused', async () => {
  await mkdir(path);
  await writeFile(join(path, 'format.json'), 'oops');
  await expect(openStateFolder(path)).rejects.toMatchObject({ code: 'corrupt' });
});

test('a file in the way is named', async () => {
  await writeFile(path, '');
  await expect(openStateFolder(path)).rejects.toThrow('there is a file in the way');
});

test('a folder that is not writable is named', async () => {
  // Not even root makes folders here.
  await expect(openStateFolder('/sys/weirhouse')).rejects.toThrow('it is not writable');
});

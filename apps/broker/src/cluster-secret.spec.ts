import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { clusterSecret } from './cluster-secret.ts';

function aFolder(): string {
  const folder = temporaryFolder('secret');
  onTestFinished(folder.remove);
  return folder.path;
}

test('the secret is made once, for its owner only, and is the same at every start', () => {
  const folder = aFolder();
  const secret = clusterSecret(folder, undefined);
  expect(secret).toHaveLength(32);
  expect(clusterSecret(folder, undefined)).toEqual(secret);
  expect(statSync(join(folder, 'cluster.secret')).mode & 0o777).toBe(0o600);
  expect(clusterSecret(aFolder(), undefined)).not.toEqual(secret);
});

test('a secret that is given is not written, and one that cannot be used is one sentence', () => {
  const folder = aFolder();
  const given = join(folder, 'given');
  writeFileSync(given, Buffer.alloc(40, 7).toString('base64'));
  expect(clusterSecret(folder, given)).toEqual(Buffer.alloc(40, 7));
  writeFileSync(given, 'short');
  expect(() => clusterSecret(folder, given)).toThrow('must hold at least 32 random bytes');
  expect(() => clusterSecret(folder, join(folder, 'missing'))).toThrow(
    'cluster.secret.file: ' + join(folder, 'missing') + ' cannot be read.',
  );
  expect(() => readFileSync(join(folder, 'cluster.secret'))).toThrow('ENOENT');
});

test('a folder in which it cannot be written is a fault of the storage', () => {
  const folder = join(aFolder(), 'missing');
  expect(() => clusterSecret(folder, undefined)).toThrow(
    expect.objectContaining({ code: 'storage', field: 'log.dir' }),
  );
});

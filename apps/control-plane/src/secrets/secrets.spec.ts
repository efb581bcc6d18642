import { createHmac, pbkdf2Sync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hashApiSecret, matchesApiSecret } from './api-secret.ts';
import { openSecret, sealSecret } from './envelope.ts';
import { deriveMasterKey, loadMasterKey } from './master-key.ts';
import { deriveScramVerifiers, openScramVerifiers, sealScramVerifiers } from './scram.ts';

const key = deriveMasterKey(Buffer.alloc(32, 1));
const otherKey = deriveMasterKey(Buffer.alloc(32, 2));

describe('an envelope', () => {
  const plain = Buffer.from('a secret');
  const sealed = sealSecret(key, plain, 'lkc-1');

  test('opens with its key and context, and hides what it holds', () => {
    expect(openSecret(key, sealed, 'lkc-1')).toEqual(plain);
    expect(sealed.includes(plain)).toBe(false);
    expect(sealSecret(key, plain, 'lkc-1')).not.toEqual(sealed);
  });

  test('does not open with another key, for another row, or after any change', () => {
    expect(() => openSecret(otherKey, sealed, 'lkc-1')).toThrow('stored secret');
    expect(() => openSecret(key, sealed, 'lkc-2')).toThrow('stored secret');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => openSecret(key, changed, 'lkc-1')).toThrow('stored secret');
    }
    expect(() => openSecret(key, sealed.subarray(0, 10), 'lkc-1')).toThrow('stored secret');
  });
});

test('an API secret matches its own hash only', () => {
  const storedHash = hashApiSecret(key, 'KEY', 'secret');
  const matches = (change: object): boolean =>
    matchesApiSecret({ key, apiKeyId: 'KEY', secret: 'secret', storedHash, ...change });
  expect(matches({})).toBe(true);
  expect(matches({ secret: 'secreT' })).toBe(false);
  expect(matches({ apiKeyId: 'KEZ' })).toBe(false);
  expect(matches({ key: otherKey })).toBe(false);
  expect(matches({ storedHash: new Uint8Array() })).toBe(false);
});

test('salted passwords are those of RFC 5802, of both mechanisms, and survive storage', async () => {
  const verifiers = await deriveScramVerifiers('pencil');
  expect(verifiers.map(({ mechanism }) => mechanism)).toEqual(['SCRAM-SHA-256', 'SCRAM-SHA-512']);
  for (const { mechanism, salt, iterations, saltedPassword } of verifiers) {
    const digest = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
    // Hi() of section 2.2, written out.
    let u = createHmac(digest, 'pencil')
      .update(salt)
      .update(Buffer.of(0, 0, 0, 1))
      .digest();
    const hi = Buffer.from(u);
    for (let round = 1; round < iterations; round += 1) {
      u = createHmac(digest, 'pencil').update(u).digest();
      for (let at = 0; at < hi.length; at += 1) hi[at] = (hi[at] ?? 0) ^ (u[at] ?? 0);
    }
    expect(saltedPassword).toEqual(hi);
    expect(saltedPassword).toEqual(pbkdf2Sync('pencil', salt, iterations, hi.length, digest));
  }
  const sealed = sealScramVerifiers(key, verifiers, 'KEY');
  expect(openScramVerifiers(key, sealed, 'KEY')).toEqual(verifiers);
});

describe('the master key', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'weirhouse-key-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  test('is made once, readable by its owner only, and found again', async () => {
    const options = { keyFile: undefined, stateFolder: folder };
    const made = await loadMasterKey(options);
    expect(await loadMasterKey(options)).toEqual(made);
    const { mode } = await stat(join(folder, 'master.key'));
    expect(mode & 0o777).toBe(0o600);
  });

  test('is never replaced when it is damaged, and never made where the operator named a file', async () => {
    const path = join(folder, 'master.key');
    await writeFile(path, 'short');
    await expect(loadMasterKey({ keyFile: undefined, stateFolder: folder })).rejects.toMatchObject({
      code: 'corrupt',
    });
    expect(await readFile(path, 'utf8')).toBe('short');
    const keyFile = join(folder, 'absent');
    await expect(loadMasterKey({ keyFile, stateFolder: folder })).rejects.toMatchObject({
      field: 'WEIRHOUSE_MASTER_KEY_FILE',
    });
  });
});

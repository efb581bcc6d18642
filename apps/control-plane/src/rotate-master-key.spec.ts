import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAppError } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCommand, type Config } from './config.ts';
import { openDatabase } from './database/open-database.ts';
import type { Database } from './database/database.ts';
import { rotateMasterKey } from './rotate-master-key.ts';
import { hashApiSecret } from './secrets/api-secret.ts';
import { openSecret, sealSecret } from './secrets/envelope.ts';
import { withStoredHashKey } from './secrets/hash-key.ts';
import { loadMasterKey, type MasterKey } from './secrets/master-key.ts';
import { SEALED_COLUMNS } from './secrets/sealed-columns.ts';

const KEYS = 450;

let home: string;
let config: Config;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'weirhouse-rotate-'));
  const command = readCommand(['--rotate-master-key'], { WEIRHOUSE_HOME: home });
  if (command.kind !== 'rotate-master-key') throw new Error('expected to rotate');
  config = command.config;
});

afterEach(() => rm(home, { recursive: true }));

/** The database of the folder, with the key as a server loads it. */
async function withDatabase<T>(
  use: (database: Database, key: MasterKey) => Promise<T>,
): Promise<T> {
  const key = await loadMasterKey({ keyFile: undefined, stateFolder: home });
  const open = await openDatabase({ databaseUrl: undefined, stateFolder: home });
  try {
    return await use(open.prisma, await withStoredHashKey(open.prisma, key));
  } finally {
    await open.close();
  }
}

/** An organization with many keys; answers a hash that must be the same after the rotation. */
function fill(): Promise<Buffer> {
  return withDatabase(async (database, key) => {
    const { id: organizationId } = await database.organization.create({
      data: { id: 'o', displayName: 'o' },
    });
    await database.apiKey.createMany({
      data: Array.from({ length: KEYS }, (_, index) => {
        const id = `KEY${String(index).padStart(4, '0')}`;
        const scramEncrypted = Uint8Array.from(sealSecret(key, Buffer.from(id), id));
        const owner = { ownerKind: 'User', ownerId: 'u-1', resourceKind: 'Cloud' };
        return { id, organizationId, ...owner, scramEncrypted, secretHash: Uint8Array.of(1) };
      }),
    });
    await database.signingKey.create({
      data: {
        id: 'k1',
        publicJwk: {},
        privateEncrypted: Uint8Array.from(
          sealSecret(key, Buffer.from('private'), 'signing-key:k1'),
        ),
        createdAt: new Date(0),
        expiresAt: new Date(0),
      },
    });
    return hashApiSecret(key, 'KEY0000', 'secret');
  });
}

function masterKeyLines(): Promise<readonly string[]> {
  return readFile(join(home, 'master.key'), 'utf8').then((text) => text.trim().split('\n'));
}

test('everything is sealed with a new key, the old one is gone, and API secrets stay good', async () => {
  const hash = await fill();
  const [old] = await masterKeyLines();
  expect(await rotateMasterKey(config)).toEqual({ changed: KEYS + 2, kept: 0 });
  const lines = await masterKeyLines();
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toBe(old);
  expect((await stat(join(home, 'master.key'))).mode & 0o777).toBe(0o600);
  await withDatabase(async (database, key) => {
    expect(hashApiSecret(key, 'KEY0000', 'secret')).toEqual(hash);
    for (const row of await database.apiKey.findMany())
      expect(openSecret(key, row.scramEncrypted ?? new Uint8Array(), row.id).toString()).toBe(
        row.id,
      );
  });
});

test('a rotation that was ended in the middle is finished by the next one', async () => {
  await fill();
  const [old] = await masterKeyLines();
  await withDatabase(async (database) => {
    // A row that cannot be opened stops the run behind half of the others.
    const id = 'KEY0300';
    const row = await database.apiKey.findUniqueOrThrow({ where: { id } });
    const data = { scramEncrypted: Uint8Array.of(1, 2, 3) };
    await database.apiKey.update({ where: { id }, data });
    await database.setting.create({
      data: { key: 'saved', value: Buffer.from(row.scramEncrypted ?? []).toString('base64') },
    });
  });
  const failed = await rotateMasterKey(config).catch((error: unknown) => error);
  expect(isAppError(failed) && failed.code).toBe('corrupt');
  const lines = await masterKeyLines();
  expect(lines).toHaveLength(2);
  expect(lines[1]).toBe(old);
  await withDatabase(async (database) => {
    const saved = await database.setting.findUniqueOrThrow({ where: { key: 'saved' } });
    const scramEncrypted = Uint8Array.from(Buffer.from(saved.value as string, 'base64'));
    await database.apiKey.update({ where: { id: 'KEY0300' }, data: { scramEncrypted } });
  });
  expect(await rotateMasterKey(config)).toEqual({ changed: KEYS + 2 - 300, kept: 300 });
  expect(await masterKeyLines()).toEqual([lines[0]]);
});

test('without a master key there is nothing to rotate', async () => {
  await expect(rotateMasterKey(config)).rejects.toThrow('There is no master key');
});

test('every column of envelopes is known to the rotation', async () => {
  const columns = await withDatabase(
    (database) => database.$queryRaw<{ table: string; column: string }[]>`
      SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns
       WHERE table_schema = 'public' AND column_name LIKE '%\_encrypted'`,
  );
  const known = SEALED_COLUMNS.map(({ table, column }) => `${table}.${column}`);
  expect(columns.map(({ table, column }) => `${table}.${column}`).toSorted()).toEqual(
    known.toSorted(),
  );
});

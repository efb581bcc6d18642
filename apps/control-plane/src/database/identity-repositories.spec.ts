import { newId } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { systemRandom } from '../ports.ts';
import { openSecret, sealSecret } from '../secrets/envelope.ts';
import { withStoredHashKey } from '../secrets/hash-key.ts';
import { deriveMasterKey } from '../secrets/master-key.ts';
import { resealAll } from '../secrets/reseal.ts';
import type { OpenDatabase } from './database.ts';
import { MIGRATIONS_FOLDER, readMigrations } from './migrations.ts';
import { openPostgres } from './postgres-database.ts';
import { findPostgres, startPostgres, type TestPostgres } from './postgres-testing.ts';
import { Repositories } from './repositories.ts';
import { openTestDatabase, SETUP_MAX_MS } from './testing.ts';

const NOW_MS = Date.UTC(2026, 6, 1);
const found = await findPostgres();
const KINDS = ['pglite', ...('bin' in found ? ['postgres'] : [])];
if ('why' in found && process.env['CI'] === 'true')
  throw new Error(`${found.why}, and CI=true asks for it`);

let server: TestPostgres | undefined;

beforeAll(async () => {
  if ('bin' in found) server = await startPostgres(found.bin);
}, SETUP_MAX_MS);

afterAll(() => server?.stop(), SETUP_MAX_MS);

async function openOn(kind: string): Promise<OpenDatabase> {
  if (kind === 'pglite') return openTestDatabase();
  const url = (await server?.createDatabase()) ?? '';
  return openPostgres({ url, migrations: await readMigrations(MIGRATIONS_FOLDER) });
}

describe.each(KINDS)('on %s', (kind) => {
  let open: OpenDatabase;
  let repositories: Repositories;
  let organizationId: string;
  let userId: string;
  let email: string;

  beforeAll(async () => {
    open = await openOn(kind);
    repositories = new Repositories(open.prisma);
  }, SETUP_MAX_MS);

  afterAll(() => open.close(), SETUP_MAX_MS);

  beforeEach(async () => {
    organizationId = newId('env', systemRandom);
    userId = newId('u', systemRandom);
    email = `${userId}@example.org`;
    const data = { id: organizationId, displayName: 'o' };
    await open.prisma.organization.create({ data });
    await open.prisma.$transaction((tx) =>
      repositories.users.ensure(tx, { id: userId, organizationId, email, fullName: 'x' }, NOW_MS),
    );
  });

  test('an e-mail finds the oldest account, or the one in the organization that is named', async () => {
    const second = newId('env', systemRandom);
    await open.prisma.organization.create({ data: { id: second, displayName: 'o' } });
    const other = { id: newId('u', systemRandom), organizationId: second, email, fullName: 'x' };
    await open.prisma.$transaction((tx) => repositories.users.ensure(tx, other, NOW_MS + 1));
    const { users } = repositories;
    expect((await users.findForLogin(email, undefined))?.id).toBe(userId);
    expect((await users.findForLogin(email, second))?.id).toBe(other.id);
    expect(await users.findForLogin(email, 'elsewhere')).toBeUndefined();
  });

  test('of two that refresh a session with one token, one gets through', async () => {
    const id = newId('u', systemRandom);
    const [from, one, two] = ['a', 'b', 'c'].map((text) => Buffer.from(text));
    if (from === undefined || one === undefined || two === undefined) throw new Error('three');
    const times = { createdAtMs: NOW_MS, expiresAtMs: NOW_MS + 1_000 };
    const session = { id, organizationId, userId, refreshHash: from, ...times };
    await open.prisma.$transaction((tx) => repositories.sessions.insert(tx, session));
    const rotate = (to: Buffer): Promise<boolean> =>
      open.prisma.$transaction((tx) =>
        repositories.sessions.rotate(tx, id, { from, to, nowMs: NOW_MS }),
      );
    const answers = await Promise.all([rotate(one), rotate(two)]);
    expect(answers.filter(Boolean)).toHaveLength(1);
    await open.prisma.$transaction((tx) => repositories.sessions.deleteExpired(tx, NOW_MS + 1_000));
    expect(await repositories.sessions.find(id)).toBeUndefined();
  });

  test('envelopes are sealed anew, once', async () => {
    const [first, second] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    const old = await withStoredHashKey(open.prisma, deriveMasterKey(first));
    const id = newId('u', systemRandom);
    const data = {
      id,
      publicJwk: {},
      privateEncrypted: Uint8Array.from(sealSecret(old, Buffer.from('x'), `signing-key:${id}`)),
      createdAt: new Date(NOW_MS),
      expiresAt: new Date(NOW_MS),
    };
    await open.prisma.signingKey.create({ data });
    const both = deriveMasterKey(second, [first]);
    expect(await resealAll(open.prisma, both)).toEqual({ changed: 2, kept: 0 });
    expect(await resealAll(open.prisma, both)).toEqual({ changed: 0, kept: 2 });
    const fresh = await withStoredHashKey(open.prisma, deriveMasterKey(second));
    expect(fresh.hashKey).toEqual(old.hashKey);
    const row = await open.prisma.signingKey.findUniqueOrThrow({ where: { id } });
    const plain = openSecret(fresh, row.privateEncrypted, `signing-key:${id}`);
    expect(plain.toString()).toBe('x');
  });
});

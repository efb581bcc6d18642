import { afterEach, beforeEach, expect, test } from 'vitest';
import { inScope } from '../observability/op-scope.ts';
import type { OpenDatabase } from './database.ts';
import { openTestDatabase, SETUP_MAX_MS } from './testing.ts';

let database: OpenDatabase;

beforeEach(async () => {
  database = await openTestDatabase();
}, SETUP_MAX_MS);

afterEach(() => database.close().catch(() => undefined));

test('a request that no index answers fails the spec that made it', async () => {
  await inScope({ requestId: 'r' }, async () => {
    await database.prisma.auditRecord.findMany({ where: { requestId: 'x' } });
  });
  await expect(database.close()).rejects.toThrow('audit_record is read whole by: SELECT');
});

test('the same inside a transaction', async () => {
  await inScope({ requestId: 'r' }, () =>
    database.prisma.$transaction(async (tx) => {
      await tx.apiKey.deleteMany({ where: { displayName: 'x' } });
    }),
  );
  await expect(database.close()).rejects.toThrow('api_key is read whole by: DELETE');
});

test('what an index answers passes, and so does what a spec asks by itself', async () => {
  await inScope({ requestId: 'r' }, async () => {
    await database.prisma.apiKey.findMany({
      where: { organizationId: 'o' },
      orderBy: [{ createdAt: 'asc' }, { id: 'asc' }],
      take: 11,
    });
  });
  await database.prisma.auditRecord.findMany({ where: { requestId: 'x' } });
  await expect(database.close()).resolves.toBeUndefined();
});

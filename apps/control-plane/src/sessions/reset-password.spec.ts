import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readCommand } from '../config.ts';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open-database.ts';
import { loadMasterKey } from '../secrets/master-key.ts';
import { fingerprintOf } from '../secrets/password.ts';
import { resetPassword } from './reset-password.ts';
import { openReset, type IssuedReset } from './reset-token.ts';

let home: string;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'weirhouse-reset-'));
});

afterEach(() => rm(home, { recursive: true }));

async function withDatabase<T>(use: (database: Database) => Promise<T>): Promise<T> {
  const open = await openDatabase({ databaseUrl: undefined, stateFolder: home });
  try {
    return await use(open.prisma);
  } finally {
    await open.close();
  }
}

function reset(whom: string): Promise<IssuedReset> {
  const command = readCommand([`--reset-password=${whom}`], { WEIRHOUSE_HOME: home });
  if (command.kind !== 'reset-password') throw new Error('expected to reset a password');
  return resetPassword(command.config, command.whom);
}

test('an operator makes a token for a user with a password, and for nobody else', async () => {
  await withDatabase(async (database) => {
    for (const id of ['o1', 'o2']) {
      await database.organization.create({ data: { id, displayName: id } });
      await database.userAccount.create({
        data: {
          id: `u-${id}`,
          organizationId: id,
          email: 'ann@example.org',
          fullName: 'Ann',
          passwordHash: `hash-${id}`,
          activatedAt: new Date(),
        },
      });
    }
  });
  const { token } = await reset('Ann@example.org/o2');
  const key = await loadMasterKey({ keyFile: undefined, stateFolder: home });
  expect(openReset(key, token, Date.now())).toMatchObject({
    organizationId: 'o2',
    userId: 'u-o2',
    fingerprint: fingerprintOf('hash-o2'),
  });
  await expect(reset('bob@example.org')).rejects.toThrow('bob@example.org is none');
  const rows = await withDatabase((database) => database.auditRecord.findMany());
  expect(rows.map(({ action, actor, organizationId }) => [action, actor, organizationId])).toEqual([
    ['CreatePasswordReset', 'System', 'o2'],
  ]);
});

import { userCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { insertAuditEvent } from '../audit/audit-events.repository.ts';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open-database.ts';
import { loadMasterKey } from '../secrets/master-key.ts';
import { fingerprintOf } from '../secrets/password.ts';
import { openStateFolder } from '../state/state-folder.ts';
import { UsersRepository } from '../users/users.repository.ts';
import { RESET_MAX_MS, sealReset, type IssuedReset } from './reset-token.ts';

/**
 * A one-time token for a user that no administrator can help, as `EMAIL` or `EMAIL/ORGANIZATION`. The
 * embedded database belongs to one process: there the control plane must not run meanwhile.
 */
export async function resetPassword(config: Config, whom: string): Promise<IssuedReset> {
  const [email = '', organizationId] = whom.toLowerCase().split('/', 2);
  const isShared = config.DATABASE_URL !== undefined;
  const folder = await openStateFolder(config.WEIRHOUSE_HOME, { isShared });
  try {
    const keyFile = config.WEIRHOUSE_MASTER_KEY_FILE;
    const key = await loadMasterKey({ keyFile, stateFolder: folder.path });
    const database = await openDatabase({
      databaseUrl: config.DATABASE_URL,
      stateFolder: folder.path,
    });
    try {
      const user = await new UsersRepository(database.prisma).findForLogin(email, organizationId);
      if (user?.isActive !== true || user.authType !== 'AUTH_TYPE_LOCAL')
        throw new AppError(
          'invalid_argument',
          `--reset-password needs the e-mail of a user with a password: ${email} is none.`,
          { field: '--reset-password' },
        );
      const nowMs = Date.now();
      const endMs = nowMs + RESET_MAX_MS;
      const fingerprint = fingerprintOf(user.passwordHash);
      await insertAuditEvent(database.prisma, {
        organizationId: user.organizationId,
        actor: 'System',
        action: 'CreatePasswordReset',
        resourceCrn: userCrn(user.organizationId, user.id),
        requestId: 'reset-password',
        result: 'SUCCESS',
        clientAddress: undefined,
        credentialId: undefined,
        createdAtMs: nowMs,
      });
      const reset = { organizationId: user.organizationId, userId: user.id, fingerprint, endMs };
      return { token: sealReset(key, reset), endMs };
    } finally {
      await database.close();
    }
  } finally {
    await folder.release();
  }
}

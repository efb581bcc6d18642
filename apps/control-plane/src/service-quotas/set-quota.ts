import { AppError } from '@weirhouse/shared-kernel';
import type { Config } from '../config.ts';
import { openDatabase } from '../database/open-database.ts';
import { openStateFolder } from '../state/state-folder.ts';
import { isQuotaCode, QUOTA_CODES, type QuotaCode } from './catalogue.ts';
import { ServiceQuotasRepository } from './service-quotas.repository.ts';

/** Largest limit: an int32 in the contract. */
const LIMIT_MAX = 2_147_483_647;

/** What an operator asks for. */
export interface QuotaSetting {
  readonly organizationId: string;
  readonly code: QuotaCode;
  readonly appliedLimit: number;
}

/** Reads `ORGANIZATION/CODE=LIMIT`. Throws `invalid_argument`. */
export function parseQuotaSetting(text: string): QuotaSetting {
  const [, organizationId = '', code = '', limit = ''] =
    /^([^/]+)\/([^=]+)=(\d+)$/u.exec(text) ?? [];
  const appliedLimit = Number(limit);
  if (organizationId === '' || limit === '' || appliedLimit > LIMIT_MAX)
    throw refused(`must look like ORGANIZATION/CODE=LIMIT, the limit 0 to ${LIMIT_MAX}`);
  if (!isQuotaCode(code)) throw refused(`knows these codes: ${QUOTA_CODES.join(', ')}`);
  return { organizationId, code, appliedLimit };
}

/**
 * Sets a limit of one organization; running control planes on the same Postgres obey it at once.
 * The embedded database belongs to one process: there the control plane must not run meanwhile.
 */
export async function setQuota(config: Config, setting: QuotaSetting): Promise<void> {
  const { DATABASE_URL: databaseUrl, WEIRHOUSE_HOME: home } = config;
  const stateFolder = databaseUrl === undefined ? await openStateFolder(home) : undefined;
  try {
    const database = await openDatabase({ databaseUrl, stateFolder: stateFolder?.path ?? home });
    try {
      if (await new ServiceQuotasRepository(database.prisma).setLimit(setting)) return;
      throw refused(`names an organization that is not there: ${setting.organizationId}`);
    } finally {
      await database.close();
    }
  } finally {
    await stateFolder?.release();
  }
}

function refused(reason: string): AppError {
  return new AppError('invalid_argument', `--set-quota ${reason}.`, { field: '--set-quota' });
}

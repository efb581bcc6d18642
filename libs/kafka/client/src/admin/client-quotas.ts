import { defaultAlterClientQuotasRequest } from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import type { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError, requireSuccess } from '../errors.ts';

/** KIP-546: how a part of an entity is matched. */
const MATCH_ANY = 2;

/** Limits of one user, or (undefined) of users without limits of their own. */
export interface UserQuota {
  readonly user: string | undefined;
  /** By key, e.g. `producer_byte_rate`. */
  readonly limits: Readonly<Record<string, number>>;
}

/** What to change of one user's limits; null takes a limit away. */
export interface UserQuotaChange {
  readonly user: string | undefined;
  readonly limits: Readonly<Record<string, number | null>>;
}

/** The limits of users, without those of a user and a client id together. */
export async function describeUserQuotas(send: Send): Promise<readonly UserQuota[]> {
  const component = { entityType: 'user', matchType: MATCH_ANY, match: null };
  const response = await send(apis.describeClientQuotas, {
    components: [component],
    strict: true,
  });
  requireSuccess(response.errorCode, response.errorMessage);
  return (response.entries ?? []).map(({ entity, values }) => ({
    user: entity[0]?.entityName ?? undefined,
    limits: Object.fromEntries(values.map(({ key, value }) => [key, value])),
  }));
}

/** Changes limits of users; outcomes in the order of `changes`, undefined = changed. */
export async function alterUserQuotas(
  send: Send,
  changes: readonly UserQuotaChange[],
): Promise<readonly (AppError | undefined)[]> {
  const response = await send(apis.alterClientQuotas, {
    ...defaultAlterClientQuotasRequest(),
    entries: changes.map(({ user, limits }) => ({
      entity: [{ entityType: 'user', entityName: user ?? null }],
      ops: Object.entries(limits).map(([key, value]) => ({
        key,
        value: value ?? 0,
        remove: value === null,
      })),
    })),
  });
  return response.entries.map(({ errorCode, errorMessage }) =>
    findKafkaError(errorCode, errorMessage),
  );
}

import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  defaultAlterUserScramCredentialsRequestScramCredentialDeletion,
  defaultAlterUserScramCredentialsRequestScramCredentialUpsertion,
} from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import { defaultDescribeUserScramCredentialsRequestUserName } from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-request';
import type { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError, kafkaError, requireSuccess } from '../errors.ts';

/** The SCRAM mechanisms of KIP-554. */
export type ScramMechanism = 'SCRAM-SHA-256' | 'SCRAM-SHA-512';

/** Wire codes of the mechanisms (KIP-554). */
const MECHANISM_CODES: Readonly<Record<ScramMechanism, number>> = {
  'SCRAM-SHA-256': 1,
  'SCRAM-SHA-512': 2,
};

/** A credential to set. The salted password is a secret: it is enough to log in. */
export interface ScramUpsertion {
  readonly user: string;
  readonly mechanism: ScramMechanism;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
  /** Whom the user acts as (our tag 10000), e.g. `User:sa-abc`; absent = itself. */
  readonly principal?: string;
}

/** A credential to take away. */
export interface ScramDeletion {
  readonly user: string;
  readonly mechanism: ScramMechanism;
}

/** What became of one user's changes. */
export interface ScramOutcome {
  readonly user: string;
  readonly error: AppError | undefined;
}

/** The mechanisms that a user can log in with. */
export interface ScramUser {
  readonly user: string;
  readonly credentials: readonly {
    readonly mechanism: ScramMechanism;
    readonly iterations: number;
  }[];
}

/** Sets and removes SCRAM credentials; each user has its own outcome. */
export async function alterScramCredentials(
  send: Send,
  changes: {
    readonly upsertions?: readonly ScramUpsertion[];
    readonly deletions?: readonly ScramDeletion[];
  },
): Promise<readonly ScramOutcome[]> {
  const response = await send(apis.alterUserScramCredentials, {
    upsertions: (changes.upsertions ?? []).map((upsertion) =>
      Object.assign(defaultAlterUserScramCredentialsRequestScramCredentialUpsertion(), {
        name: upsertion.user,
        mechanism: MECHANISM_CODES[upsertion.mechanism],
        iterations: upsertion.iterations,
        salt: upsertion.salt,
        saltedPassword: upsertion.saltedPassword,
        principal: upsertion.principal ?? null,
      }),
    ),
    deletions: (changes.deletions ?? []).map((deletion) =>
      Object.assign(defaultAlterUserScramCredentialsRequestScramCredentialDeletion(), {
        name: deletion.user,
        mechanism: MECHANISM_CODES[deletion.mechanism],
      }),
    ),
  });
  return response.results.map(({ user, errorCode, errorMessage }) => ({
    user,
    error: findKafkaError(errorCode, errorMessage),
  }));
}

/** Lists users with SCRAM credentials; undefined = all. A user without any is left out. */
export async function describeScramCredentials(
  send: Send,
  users: readonly string[] | undefined,
): Promise<readonly ScramUser[]> {
  const response = await send(apis.describeUserScramCredentials, {
    users:
      users?.map((name) =>
        Object.assign(defaultDescribeUserScramCredentialsRequestUserName(), { name }),
      ) ?? null,
  });
  requireSuccess(response.errorCode, response.errorMessage);
  const found: ScramUser[] = [];
  for (const { user, errorCode, errorMessage, credentialInfos } of response.results) {
    if (errorCode === KafkaError.RESOURCE_NOT_FOUND) continue;
    if (errorCode !== KafkaError.NONE) throw kafkaError(errorCode, errorMessage);
    const credentials = credentialInfos.flatMap(({ mechanism, iterations }) => {
      const name = mechanismName(mechanism);
      return name ? [{ mechanism: name, iterations }] : [];
    });
    found.push({ user, credentials });
  }
  return found;
}

function mechanismName(code: number): ScramMechanism | undefined {
  if (code === MECHANISM_CODES['SCRAM-SHA-256']) return 'SCRAM-SHA-256';
  return code === MECHANISM_CODES['SCRAM-SHA-512'] ? 'SCRAM-SHA-512' : undefined;
}

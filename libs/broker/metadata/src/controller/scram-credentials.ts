import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsRequestScramCredentialDeletion as Deletion,
  AlterUserScramCredentialsRequestScramCredentialUpsertion as Upsertion,
} from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import type { AlterUserScramCredentialsResponse } from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-response';
import type { MetadataImage } from '../image/metadata-image.ts';
import type { MetadataRecord } from '../records.ts';
import {
  deriveScramKeys,
  findScramMechanism,
  SCRAM_ITERATIONS_MAX,
  SCRAM_ITERATIONS_MIN,
  type ScramCrypto,
} from '../sasl/scram-crypto.ts';
import {
  type ApiError,
  type ControllerContext,
  type ControllerResult,
  CREDENTIALS_MAX,
} from './controller-types.ts';

/** What an alteration of credentials needs beside the image. */
export interface ScramAlterationOptions {
  readonly crypto: ScramCrypto;
  /**
   * True for requests of the platform itself. Others cannot say whom a credential acts as (the tagged
   * field `principal`), nor touch credentials that the platform made or protects.
   */
  readonly fromPlatform: boolean;
  /** Users only the platform may alter: the internal credentials of the cluster. */
  readonly protectedUsers: ReadonlySet<string>;
}

/** A new credential as requests and bootstrap give it: keys are derived from the salted password. */
export interface ScramUpsertion {
  readonly name: string;
  /** Wire id of the mechanism. */
  readonly mechanism: number;
  readonly iterations: number;
  readonly salt: Buffer;
  readonly saltedPassword: Buffer;
  readonly principal: string | null;
}

/** The longest user name, in characters. */
const USER_LENGTH_MAX = 1024;

/**
 * AlterUserScramCredentials (KIP-554). One result per user: when any of a user's alterations is
 * wrong, none is made. Errors: 31 not the platform, 33 mechanism, 44 too many, 91 nothing to delete,
 * 92 the same credential twice, 93 name, salt, password or iterations.
 */
export function alterUserScramCredentials(
  context: ControllerContext,
  request: AlterUserScramCredentialsRequest,
  options: ScramAlterationOptions,
): ControllerResult<AlterUserScramCredentialsResponse> {
  const byUser = new Map<string, { deletions: Deletion[]; upsertions: Upsertion[] }>();
  const of = (name: string): { deletions: Deletion[]; upsertions: Upsertion[] } => {
    const known = byUser.get(name) ?? { deletions: [], upsertions: [] };
    byUser.set(name, known);
    return known;
  };
  for (const deletion of request.deletions) of(deletion.name).deletions.push(deletion);
  for (const upsertion of request.upsertions) of(upsertion.name).upsertions.push(upsertion);
  const records: MetadataRecord[] = [];
  const results = [...byUser].map(([user, { deletions, upsertions }]) => {
    const alteration = { user, deletions, upsertions };
    const error = findAlterationFault(context.image, alteration, options);
    if (error !== undefined) {
      return { user, errorCode: error.errorCode, errorMessage: error.errorMessage };
    }
    records.push(
      ...deletions.map(({ name, mechanism }): MetadataRecord => {
        return { kind: 'removeUserScramCredential', body: { name, mechanism } };
      }),
      ...upsertions.map((upsertion) => scramCredentialRecord(options.crypto, upsertion)),
    );
    return { user, errorCode: KafkaError.NONE, errorMessage: null };
  });
  return { records, response: { throttleTimeMs: 0, results } };
}

interface Alteration {
  readonly user: string;
  readonly deletions: readonly Deletion[];
  readonly upsertions: readonly Upsertion[];
}

function fault(errorCode: number, errorMessage: string): ApiError {
  return { errorCode, errorMessage };
}

function findAlterationFault(
  image: MetadataImage,
  alteration: Alteration,
  options: ScramAlterationOptions,
): ApiError | undefined {
  const { user, deletions, upsertions } = alteration;
  if (user === '' || user.length > USER_LENGTH_MAX) {
    const limits = `from 1 to ${USER_LENGTH_MAX} characters`;
    return fault(KafkaError.UNACCEPTABLE_CREDENTIAL, `The user name must have ${limits}.`);
  }
  const mechanisms = [...deletions, ...upsertions].map(({ mechanism }) => mechanism);
  if (mechanisms.some((mechanism) => findScramMechanism(mechanism) === undefined)) {
    return fault(KafkaError.UNSUPPORTED_SASL_MECHANISM, 'The SCRAM mechanism is not known.');
  }
  if (new Set(mechanisms).size !== mechanisms.length) {
    return fault(
      KafkaError.DUPLICATE_RESOURCE,
      'A credential can be altered only once in a request.',
    );
  }
  if (!options.fromPlatform && isForPlatform(image, alteration, options)) {
    return fault(
      KafkaError.CLUSTER_AUTHORIZATION_FAILED,
      'This credential is managed by the platform: change the API key instead.',
    );
  }
  if (deletions.some(({ mechanism }) => image.credentials.find(user, mechanism) === undefined)) {
    return fault(KafkaError.RESOURCE_NOT_FOUND, 'The user has no such credential.');
  }
  if (upsertions.length > 0 && image.credentials.size + upsertions.length > CREDENTIALS_MAX) {
    const most = `A cluster can have at most ${CREDENTIALS_MAX} credentials.`;
    return fault(KafkaError.POLICY_VIOLATION, most);
  }
  const reason = upsertions.map((upsertion) => findUpsertionFault(upsertion)).find(Boolean);
  return reason === undefined ? undefined : fault(KafkaError.UNACCEPTABLE_CREDENTIAL, reason);
}

function isForPlatform(
  image: MetadataImage,
  { user, upsertions }: Alteration,
  options: ScramAlterationOptions,
): boolean {
  return (
    options.protectedUsers.has(user) ||
    upsertions.some(({ principal }) => principal !== null) ||
    image.credentials.of(user).some(({ principal }) => principal !== null)
  );
}

function findUpsertionFault(upsertion: Upsertion): string | undefined {
  const { iterations, salt, saltedPassword, principal } = upsertion;
  if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX) {
    return `The iterations must be from ${SCRAM_ITERATIONS_MIN} to ${SCRAM_ITERATIONS_MAX}.`;
  }
  if (salt.length === 0) return 'The salt must not be empty.';
  if (saltedPassword.length === 0) return 'The salted password must not be empty.';
  if (principal !== null && !/^[^:]+:.+$/s.test(principal)) {
    return 'The principal must have the form type:name, such as User:agent.';
  }
  return undefined;
}

/** The record that stores a credential. The salted password itself is not kept. */
export function scramCredentialRecord(
  crypto: ScramCrypto,
  upsertion: ScramUpsertion,
): MetadataRecord {
  const { name, mechanism, iterations, principal } = upsertion;
  const hash = findScramMechanism(mechanism)?.hash ?? 'sha512';
  const keys = deriveScramKeys(crypto, hash, upsertion.saltedPassword);
  // The request's bytes are borrowed from a read buffer; the record outlives it.
  const salt = Buffer.from(upsertion.salt);
  const body = { name, mechanism, salt, ...keys, iterations, principal };
  return { kind: 'userScramCredential', body };
}

import { KafkaError } from '@weirhouse/kafka-protocol';
import type { DescribeUserScramCredentialsRequest } from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-request';
import type {
  DescribeUserScramCredentialsResponse,
  DescribeUserScramCredentialsResult,
} from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-response';
import { extensionText } from '../extension-tags.ts';
import type { CredentialsImage } from '../image/settings-images.ts';
import { repeatedNames } from '../repeated-names.ts';

/**
 * DescribeUserScramCredentials (KIP-554): mechanisms and iterations of users, of all when none is
 * named; never keys or salts. Only the platform is told whom a credential acts as. Errors per user: 91
 * unknown, 92 named twice.
 */
export function describeUserScramCredentials(
  credentials: CredentialsImage,
  request: DescribeUserScramCredentialsRequest,
  options: { readonly fromPlatform: boolean },
): DescribeUserScramCredentialsResponse {
  const asked = (request.users ?? []).map(({ name }) => name);
  const users = asked.length === 0 ? credentials.users() : [...new Set(asked)];
  const repeated = repeatedNames(asked);
  const results = users.map((user) =>
    repeated.has(user)
      ? failure(user, KafkaError.DUPLICATE_RESOURCE, 'The user is named twice in the request.')
      : describeUser(credentials, user, options),
  );
  return { throttleTimeMs: 0, errorCode: KafkaError.NONE, errorMessage: null, results };
}

function failure(
  user: string,
  errorCode: number,
  errorMessage: string,
): DescribeUserScramCredentialsResult {
  return { user, errorCode, errorMessage, credentialInfos: [] };
}

function describeUser(
  credentials: CredentialsImage,
  user: string,
  options: { readonly fromPlatform: boolean },
): DescribeUserScramCredentialsResult {
  const known = credentials.of(user);
  if (known.length === 0) {
    return failure(user, KafkaError.RESOURCE_NOT_FOUND, `User ${user} has no SCRAM credential.`);
  }
  const credentialInfos = known.map(({ mechanism, iterations, principal }) => ({
    mechanism,
    iterations,
    unknownTaggedFields: options.fromPlatform ? extensionText(principal) : undefined,
  }));
  return { user, errorCode: KafkaError.NONE, errorMessage: null, credentialInfos };
}

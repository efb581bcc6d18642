// AlterUserScramCredentials: version 0 (KIP-554). Needs ALTER on the cluster. The salted password is a
// secret: only the keys derived from it are kept, and nothing of it is logged.
import { AclOperation, alterUserScramCredentials as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  alterUserScramCredentialsRequestSchema,
  readAlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsRequest,
} from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import {
  writeAlterUserScramCredentialsResponse,
  type AlterUserScramCredentialsResponse,
} from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-response';

import { defineHandler } from '../handler.ts';

/** API key 51. */
export const alterUserScramCredentials = defineHandler<
  AlterUserScramCredentialsRequest,
  AlterUserScramCredentialsResponse
>({
  schema: alterUserScramCredentialsRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  read: readAlterUserScramCredentialsRequest,
  write: writeAlterUserScramCredentialsResponse,
  handle({ caller, services }, request, respond) {
    const { access, metadata, ports, protectedUsers } = services;
    const failAll = (errorCode: number) => respond(failed(request, errorCode));
    if (!access.cluster(caller, AclOperation.ALTER))
      return failAll(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    const fromPlatform = access.isPlatform(caller);
    metadata.submit(
      (controller) =>
        decide(controller, request, { crypto: ports.crypto, fromPlatform, protectedUsers }),
      respond,
      failAll,
    );
  },
});

function failed(
  request: AlterUserScramCredentialsRequest,
  errorCode: number,
): AlterUserScramCredentialsResponse {
  const users = new Set([...request.deletions, ...request.upsertions].map(({ name }) => name));
  const results = Array.from(users, (user) => ({ user, errorCode, errorMessage: null }));
  return { throttleTimeMs: 0, results };
}

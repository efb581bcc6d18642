// SaslAuthenticate: versions 0 to 2 (KIP-152, KIP-368). v1 tells how long the session lasts, 0 for
// no end. A failure is answered late, does not tell a wrong user from a wrong password, and ends the
// connection.
import { EMPTY_BYTES, KafkaError } from '@weirhouse/kafka-protocol';
import {
  readSaslAuthenticateRequest,
  saslAuthenticateRequestSchema,
  type SaslAuthenticateRequest,
} from '@weirhouse/kafka-protocol/messages/sasl-authenticate-request';
import {
  defaultSaslAuthenticateResponse,
  writeSaslAuthenticateResponse,
  type SaslAuthenticateResponse,
} from '@weirhouse/kafka-protocol/messages/sasl-authenticate-response';

import { defineHandler } from '../handler.ts';

/** API key 36. */
export const saslAuthenticate = defineHandler<SaslAuthenticateRequest, SaslAuthenticateResponse>({
  schema: saslAuthenticateRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: false,
  read: readSaslAuthenticateRequest,
  write: writeSaslAuthenticateResponse,
  handle({ sasl, services }, request, respond) {
    if (sasl.phase !== 'tokens')
      return respond({
        ...defaultSaslAuthenticateResponse(),
        errorCode: KafkaError.ILLEGAL_SASL_STATE,
        errorMessage: 'SaslAuthenticate is not expected now',
      });
    sasl.step(request.authBytes, (outcome) => {
      if (outcome.kind === 'challenge')
        return respond({ ...defaultSaslAuthenticateResponse(), authBytes: outcome.token });
      if (outcome.kind === 'done') {
        const sessionLifetimeMs = sasl.lifetimeMs;
        const { token: authBytes } = outcome;
        return respond({ ...defaultSaslAuthenticateResponse(), authBytes, sessionLifetimeMs });
      }
      const failure: SaslAuthenticateResponse = {
        ...defaultSaslAuthenticateResponse(),
        errorCode: KafkaError.SASL_AUTHENTICATION_FAILED,
        errorMessage: outcome.clientMessage ?? sasl.refusal,
        authBytes: EMPTY_BYTES,
      };
      const onExpired = () => respond(failure, { closeAfter: true });
      const delayMs = services.configs.brokerNumber('connection.failed.authentication.delay.ms');
      services.wheel.schedule(delayMs, { onExpired });
    });
  },
});

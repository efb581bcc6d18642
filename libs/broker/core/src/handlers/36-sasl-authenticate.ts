// SaslAuthenticate: versions 0 to 2 (KIP-152, KIP-368). Sessions do not expire here, so the lifetime is
// 0 and nothing re-authenticates. A failure is answered late, says nothing of the cause, and ends the
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
import { FAILED_AUTHENTICATION_DELAY_MS } from '../limits.ts';

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
      if (outcome.kind !== 'failed')
        return respond({ ...defaultSaslAuthenticateResponse(), authBytes: outcome.token });
      const failure: SaslAuthenticateResponse = {
        ...defaultSaslAuthenticateResponse(),
        errorCode: KafkaError.SASL_AUTHENTICATION_FAILED,
        errorMessage: 'Authentication failed: wrong user name, password or mechanism',
        authBytes: EMPTY_BYTES,
      };
      const onExpired = () => respond(failure, { closeAfter: true });
      services.wheel.schedule(FAILED_AUTHENTICATION_DELAY_MS, { onExpired });
    });
  },
});

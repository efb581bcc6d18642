// SaslHandshake: versions 0 and 1. After v0 tokens come without headers, after v1 in SaslAuthenticate
// (KIP-152). It may come again on a session that has an end (KIP-368). An unknown mechanism is answered with the list of the known ones, then the connection ends.
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  readSaslHandshakeRequest,
  saslHandshakeRequestSchema,
  type SaslHandshakeRequest,
} from '@weirhouse/kafka-protocol/messages/sasl-handshake-request';
import {
  writeSaslHandshakeResponse,
  type SaslHandshakeResponse,
} from '@weirhouse/kafka-protocol/messages/sasl-handshake-response';

import { defineHandler } from '../handler.ts';

/** API key 17. */
export const saslHandshake = defineHandler<SaslHandshakeRequest, SaslHandshakeResponse>({
  schema: saslHandshakeRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: false,
  borrowsFrame: true,
  read: readSaslHandshakeRequest,
  write: writeSaslHandshakeResponse,
  handle({ sasl, version }, request, respond) {
    const mechanisms = sasl.offered;
    if (!sasl.mayBegin(version))
      return respond({ errorCode: KafkaError.ILLEGAL_SASL_STATE, mechanisms });
    if (sasl.handshake(request.mechanism, version === 0 ? 'raw-tokens' : 'tokens'))
      return respond({ errorCode: KafkaError.NONE, mechanisms });
    const errorCode = KafkaError.UNSUPPORTED_SASL_MECHANISM;
    respond({ errorCode, mechanisms }, { closeAfter: true });
  },
});

import { randomBytes } from 'node:crypto';
import { KafkaError } from '@weirhouse/kafka-protocol';
import { defaultSaslAuthenticateRequest } from '@weirhouse/kafka-protocol/messages/sasl-authenticate-request';
import type { SaslAuthenticateResponse } from '@weirhouse/kafka-protocol/messages/sasl-authenticate-response';
import { AppError, type Secret } from '@weirhouse/shared-kernel';
import { apis } from './apis.ts';
import type { Connection } from './connection.ts';
import { kafkaError, requireSuccess } from './errors.ts';
import {
  checkServerFinal,
  scramClientFinal,
  scramClientFirst,
  type ActAs,
  type ScramHash,
} from './scram-client.ts';

/** How a client proves who it is. */
export interface SaslCredentials {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512';
  readonly username: string;
  readonly password: Secret;
  /** SCRAM only: a super user of a broker of ours may act as somebody else. */
  readonly actAs?: ActAs;
}

/**
 * Logs a fresh connection in (SaslHandshake v1, tokens in SaslAuthenticate). Returns the session's
 * life in ms, 0 = without end (KIP-368). Rejects with `unauthenticated`.
 */
export async function authenticate(
  connection: Connection,
  credentials: SaslCredentials,
): Promise<number> {
  const { mechanism } = credentials;
  const handshake = await connection.send(apis.saslHandshake, { mechanism });
  if (handshake.errorCode !== KafkaError.NONE)
    throw kafkaError(
      handshake.errorCode,
      `the broker takes ${handshake.mechanisms.join(', ')}, not ${mechanism}`,
    );
  if (mechanism === 'PLAIN') return authenticatePlain(connection, credentials);
  const hash = mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512';
  return authenticateScram(connection, credentials, hash);
}

async function authenticatePlain(
  connection: Connection,
  { username, password }: SaslCredentials,
): Promise<number> {
  if (username.includes('\0') || password.reveal().includes('\0'))
    throw new AppError('invalid_argument', 'a SASL/PLAIN name or password has no NUL character');
  const token = Buffer.from(`\0${username}\0${password.reveal()}`);
  const response = await exchange(connection, token);
  return response.sessionLifetimeMs;
}

async function authenticateScram(
  connection: Connection,
  credentials: SaslCredentials,
  hash: ScramHash,
): Promise<number> {
  const nonce = randomBytes(18).toString('base64url');
  const first = scramClientFirst(credentials.username, nonce, credentials.actAs);
  const serverFirst = (await exchange(connection, first.message)).authBytes;
  const proof = await scramClientFinal({
    hash,
    nonce,
    first,
    serverFirst,
    password: credentials.password,
  });
  const last = await exchange(connection, proof.clientFinal);
  checkServerFinal(last.authBytes, proof);
  return last.sessionLifetimeMs;
}

async function exchange(connection: Connection, token: Buffer): Promise<SaslAuthenticateResponse> {
  const request = { ...defaultSaslAuthenticateRequest(), authBytes: token };
  const response = await connection.send(apis.saslAuthenticate, request);
  requireSuccess(response.errorCode, response.errorMessage);
  return response;
}

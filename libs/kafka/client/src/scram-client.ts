import { createHash, createHmac, pbkdf2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { AppError, type Secret } from '@weirhouse/shared-kernel';
import { SCRAM_ITERATIONS_MAX, SCRAM_ITERATIONS_MIN } from './limits.ts';

/** The hash of a SCRAM mechanism, as node:crypto names it. */
export type ScramHash = 'sha256' | 'sha512';

/** What a client sends last, and what the server must answer to prove that it knows the password. */
export interface ScramProof {
  readonly clientFinal: Buffer;
  readonly serverSignature: Buffer;
}

const deriveKey = promisify(pbkdf2);

/** For whom a super user logs in to a broker of ours: the broker decides as for a login of theirs. */
export interface ActAs {
  /** As `User:sa-abc`. */
  readonly principal: string;
  /** The address of the client, for ACLs that name hosts; absent = ours. */
  readonly host?: string | undefined;
}

/** Both sides' part of the nonce must be printable ASCII without a comma; base64 is. */
const SERVER_FIRST = /^r=([\x21-\x2b\x2d-\x7e]+),s=([A-Za-z0-9+/]+=*),i=(\d{1,9})(?:,|$)/;

/** The first message of a client, and its two parts. */
export interface ScramFirst {
  readonly message: Buffer;
  /** RFC 5802 without channel binding: `n,,`, or with an authorization id. */
  readonly gs2Header: string;
  readonly bare: string;
}

/** The client's first message. `nonce` is random printable text. */
export function scramClientFirst(user: string, nonce: string, actAs?: ActAs): ScramFirst {
  const host = actAs?.host === undefined ? '' : `,host=${actAs.host}`;
  const bare = `n=${escapeName(user)},r=${nonce}${host}`;
  const gs2Header = actAs === undefined ? 'n,,' : `n,a=${escapeName(actAs.principal)},`;
  return { message: Buffer.from(gs2Header + bare), gs2Header, bare };
}

/** RFC 5802 section 5.1. */
function escapeName(name: string): string {
  return name.replaceAll('=', '=3D').replaceAll(',', '=2C');
}

/**
 * The client's final message (RFC 5802, section 3). Rejects with `unauthenticated` when the server's
 * first message is not one, does not continue our nonce, or asks for too few or too many iterations.
 */
export async function scramClientFinal(options: {
  readonly hash: ScramHash;
  readonly first: ScramFirst;
  readonly nonce: string;
  readonly serverFirst: Buffer;
  readonly password: Secret;
}): Promise<ScramProof> {
  const serverFirst = options.serverFirst.toString('utf8');
  const [, nonce = '', salt = '', count = ''] = SERVER_FIRST.exec(serverFirst) ?? [];
  const iterations = Number(count);
  if (!nonce.startsWith(options.nonce) || nonce === options.nonce) throw refused('its nonce');
  if (iterations < SCRAM_ITERATIONS_MIN || iterations > SCRAM_ITERATIONS_MAX)
    throw refused(`${iterations} iterations`);
  const { hash } = options;
  const saltedPassword = await deriveKey(
    options.password.reveal(),
    Buffer.from(salt, 'base64'),
    iterations,
    hash === 'sha256' ? 32 : 64,
    hash,
  );
  const withoutProof = `c=${Buffer.from(options.first.gs2Header).toString('base64')},r=${nonce}`;
  const authMessage = `${options.first.bare},${serverFirst},${withoutProof}`;
  const clientKey = hmac(hash, saltedPassword, 'Client Key');
  const storedKey = createHash(hash).update(clientKey).digest();
  const clientSignature = hmac(hash, storedKey, authMessage);
  const proof = clientKey.map((byte, index) => byte ^ (clientSignature[index] ?? 0));
  return {
    clientFinal: Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`),
    serverSignature: hmac(hash, hmac(hash, saltedPassword, 'Server Key'), authMessage),
  };
}

/** Throws `unauthenticated` unless the server's final message proves that it knows the password. */
export function checkServerFinal(serverFinal: Buffer, proof: ScramProof): void {
  const [, signature = ''] =
    /^v=([A-Za-z0-9+/]+=*)(?:,|$)/.exec(serverFinal.toString('utf8')) ?? [];
  const given = Buffer.from(signature, 'base64');
  const { serverSignature } = proof;
  if (given.length !== serverSignature.length || !timingSafeEqual(given, serverSignature))
    throw refused('its signature');
}

function hmac(hash: ScramHash, key: Buffer, data: string): Buffer {
  return createHmac(hash, key).update(data).digest();
}

function refused(what: string): AppError<'unauthenticated'> {
  return new AppError('unauthenticated', `SCRAM with the broker failed: ${what} cannot be right`);
}

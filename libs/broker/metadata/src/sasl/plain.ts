import { Secret } from '@weirhouse/shared-kernel';

/** The longest PLAIN message, in bytes: names and passwords are short. */
const PLAIN_MESSAGE_BYTES_MAX = 4096;

export interface PlainLogin {
  readonly user: string;
  readonly password: Secret;
}

/**
 * Parses `authzid NUL authcid NUL passwd` (RFC 4616). Undefined when it has another shape, when the
 * user or password is empty, or when an identity other than the user's own is asked for.
 */
export function parsePlainMessage(message: Buffer): PlainLogin | undefined {
  if (message.length > PLAIN_MESSAGE_BYTES_MAX) return undefined;
  const text = message.toString('utf8');
  if (!Buffer.from(text, 'utf8').equals(message)) return undefined;
  const parts = text.split('\0');
  const [authzid, user, password] = parts;
  if (parts.length !== 3 || user === undefined || user === '') return undefined;
  if (password === undefined || password === '') return undefined;
  if (authzid !== '' && authzid !== user) return undefined;
  return { user, password: new Secret(password) };
}

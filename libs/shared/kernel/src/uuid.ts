import { AppError } from './errors.ts';

/**
 * A 128-bit id in Kafka's text form: 22 characters of unpadded base64url. The whole platform keeps
 * uuids as these strings; only codecs see the 16 bytes.
 */
export type Uuid = string;

/** The uuid of 16 zero bytes: on the wire it means "none". */
export const ZERO_UUID: Uuid = 'AAAAAAAAAAAAAAAAAAAAAA';

/** The text form of 16 bytes. */
export function uuidFromBytes(bytes: Buffer): Uuid {
  if (bytes.length !== 16)
    throw new AppError('internal', `a uuid has 16 bytes, not ${bytes.length}`);
  return bytes.toString('base64url');
}

/** The 16 bytes of a text form. Throws `invalid_argument` when it is not one. */
export function uuidToBytes(uuid: Uuid): Buffer {
  const bytes = Buffer.from(uuid, 'base64url');
  if (bytes.length !== 16 || uuid.length !== 22)
    throw new AppError('invalid_argument', `not a uuid: ${uuid}`);
  return bytes;
}

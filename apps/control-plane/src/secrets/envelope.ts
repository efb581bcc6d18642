import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '@weirhouse/shared-kernel';
import type { MasterKey } from './master-key.ts';

/** First byte of every envelope, so that the form can change later. */
const VERSION = 1;
/** AES-GCM's own nonce length (NIST SP 800-38D section 8.2), in bytes. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Encrypts a secret for storage (AES-256-GCM). `context` names the row it belongs to: an envelope
 * copied to another row does not open there.
 */
export function sealSecret(key: MasterKey, plain: Buffer, context: string): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key.envelopeKey, nonce);
  cipher.setAAD(Buffer.from(context));
  const sealed = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([Buffer.of(VERSION), nonce, cipher.getAuthTag(), sealed]);
}

/**
 * Opens an envelope, also one that an older key sealed. Throws `corrupt` when it was changed, or
 * sealed elsewhere or by another key.
 */
export function openSecret(key: MasterKey, envelope: Uint8Array, context: string): Buffer {
  for (const envelopeKey of [key.envelopeKey, ...key.olderEnvelopeKeys]) {
    const plain = tryOpen(envelopeKey, envelope, context);
    if (plain !== undefined) return plain;
  }
  throw unreadable(context);
}

/** Whether the newest key sealed it. */
export function opensWithNewest(key: MasterKey, envelope: Uint8Array, context: string): boolean {
  return tryOpen(key.envelopeKey, envelope, context) !== undefined;
}

function tryOpen(envelopeKey: Buffer, envelope: Uint8Array, context: string): Buffer | undefined {
  const bytes = Buffer.from(envelope);
  if (bytes.length < HEADER_BYTES || bytes[0] !== VERSION) return undefined;
  const nonce = bytes.subarray(1, 1 + NONCE_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', envelopeKey, nonce);
  decipher.setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(1 + NONCE_BYTES, HEADER_BYTES));
  try {
    return Buffer.concat([decipher.update(bytes.subarray(HEADER_BYTES)), decipher.final()]);
  } catch {
    // The tag does not fit: another key, another row, or changed bytes.
    return undefined;
  }
}

function unreadable(context: string): AppError {
  return new AppError('corrupt', 'A stored secret cannot be opened: was the master key replaced?', {
    detail: `context ${context}`,
  });
}

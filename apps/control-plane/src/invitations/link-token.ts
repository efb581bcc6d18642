import { createHash } from 'node:crypto';
import type { Random } from '@weirhouse/shared-kernel';

/** 256 random bits, 43 characters: nobody finds a link by trying. */
const TOKEN_BYTES = 32;

/** The token of a new link. */
export function newLinkToken(random: Random): string {
  return random.bytes(TOKEN_BYTES).toString('base64url');
}

/** What is stored of it: SHA-256, fast because there is nothing to guess. */
export function linkHash(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

import { createHash } from 'node:crypto';

/** The ETag of an answer: a hash of its text, in quotes. */
export function entityTagOf(body: unknown): string {
  const hash = createHash('sha256').update(JSON.stringify(body)).digest('base64url');
  return `"${hash.slice(0, 22)}"`;
}

import type { Random } from '@weirhouse/shared-kernel';

const UUID_BYTES = 16;
const VERSION_BYTE = 6;
const VARIANT_BYTE = 8;

/** A random uuid (version 4) in base64url, as Kafka makes ids for members that bring none. */
export function newConsumerMemberId(random: Pick<Random, 'bytes'>): string {
  const bytes = Buffer.from(random.bytes(UUID_BYTES));
  bytes[VERSION_BYTE] = ((bytes[VERSION_BYTE] ?? 0) & 0x0f) | 0x40;
  bytes[VARIANT_BYTE] = ((bytes[VARIANT_BYTE] ?? 0) & 0x3f) | 0x80;
  // An id that starts with '-' looks like an option to command-line tools.
  bytes[0] = (bytes[0] ?? 0) & 0x7f;
  return bytes.toString('base64url');
}

import type { Random } from '@weirhouse/shared-kernel';

import { MEMBER_ID_PREFIX_LENGTH_MAX } from '../limits.ts';

const UUID_BYTES = 16;

/**
 * `<prefix>-<random uuid, version 4>`: the form that Kafka's coordinators hand out. A cut through a
 * surrogate pair is mended, or the id would not survive the wire.
 */
export function newMemberId(random: Pick<Random, 'bytes'>, prefix: string): string {
  const bytes = Buffer.from(random.bytes(UUID_BYTES));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  const name = prefix.slice(0, MEMBER_ID_PREFIX_LENGTH_MAX).toWellFormed();
  return `${name}-${parts.join('-')}-${hex.slice(20)}`;
}

import type { Random } from '@weirhouse/shared-kernel';

const UUID_BYTES = 16;

/** `<prefix>-<random uuid, version 4>`: the form that Kafka's coordinators hand out. */
export function newMemberId(random: Pick<Random, 'bytes'>, prefix: string): string {
  const bytes = Buffer.from(random.bytes(UUID_BYTES));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  const parts = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20)];
  return `${prefix}-${parts.join('-')}-${hex.slice(20)}`;
}

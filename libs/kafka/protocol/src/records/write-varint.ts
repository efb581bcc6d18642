import { assert } from '@weirhouse/shared-kernel';

/** Writes a signed 32-bit value as a zig-zag varint; returns the position after it. */
export function writeVarint(buffer: Buffer, position: number, value: number): number {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  let at = position;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Writes a safe integer as a zig-zag varlong; returns the position after it. */
export function writeVarlong(buffer: Buffer, position: number, value: number): number {
  assert(Number.isSafeInteger(value), 'a varlong is written from a safe integer only');
  // The sign is the lowest bit. Doubling the whole magnitude instead could pass 2^53.
  const sign = value < 0 ? 1 : 0;
  const magnitude = value < 0 ? -value - 1 : value;
  let rest = Math.floor(magnitude / 0x40);
  let septet = (magnitude - rest * 0x40) * 2 + sign;
  let at = position;
  while (rest > 0) {
    buffer[at++] = septet | 0x80;
    const next = Math.floor(rest / 0x80);
    septet = rest - next * 0x80;
    rest = next;
  }
  buffer[at++] = septet;
  return at;
}

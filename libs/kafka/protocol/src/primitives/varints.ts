/**
 * Variable-length integers: 7 bits a byte, lowest first, the top bit says that another byte follows
 * (KIP-482; signed ones are zigzag, as in record batches).
 */

/** Bytes that `writeUnsignedVarint` needs for `value`, 0 to 2 ** 32 - 1. */
export function sizeOfUnsignedVarint(value: number): number {
  if (value < 0x80) return 1;
  if (value < 0x4000) return 2;
  if (value < 0x20_0000) return 3;
  return value < 0x1000_0000 ? 4 : 5;
}

/** Bytes that `writeVarint` needs for the int32 `value`. */
export function sizeOfVarint(value: number): number {
  return sizeOfUnsignedVarint(((value << 1) ^ (value >> 31)) >>> 0);
}

/** Bytes that `writeVarlong` needs for `value`, a safe integer. */
export function sizeOfVarlong(value: number): number {
  // Zigzag maps v >= 0 to 2v and v < 0 to -2v - 1; magnitude m = floor(zigzag / 2) needs one bit less.
  let magnitude = value < 0 ? -value - 1 : value;
  let size = 1;
  for (magnitude = Math.floor(magnitude / 64); magnitude > 0; size++) {
    magnitude = Math.floor(magnitude / 128);
  }
  return size;
}

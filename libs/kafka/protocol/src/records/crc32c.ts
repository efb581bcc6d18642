import { assert } from '@weirhouse/shared-kernel';

/** CRC-32C (Castagnoli), bits reversed: RFC 3720 appendix B.4. Not the polynomial of zlib's crc32. */
const POLYNOMIAL = 0x82f6_3b78;
/** Bytes taken per step of the table loop (slicing by 8). */
const SLICES = 8;
/** Below this the call into native code costs more than the table loop saves. Measured. */
const NATIVE_BYTES_MIN = 256;

/** A native CRC-32C: takes up an earlier result, as `crc32c(bytes, initial)` does. */
export type NativeCrc32c = (bytes: Buffer, initial: number) => number;

// Signed on purpose: V8 then keeps every value a 32-bit integer and never a heap number.
const TABLE = buildTable();
let native: NativeCrc32c | undefined;

/**
 * CRC-32C of `buffer[start, end)` as an unsigned number. `initial` is the result over the bytes
 * before, so that `crc32c(ab) === crc32c(b, 0, n, crc32c(a))`.
 */
export function crc32c(buffer: Buffer, start = 0, end = buffer.length, initial = 0): number {
  assert(start >= 0 && start <= end && end <= buffer.length, 'a CRC is over a range of its buffer');
  if (native !== undefined && end - start >= NATIVE_BYTES_MIN)
    return native(buffer.subarray(start, end), initial);
  return crc32cByTable(buffer, start, end, initial);
}

/**
 * Lets `crc32c` use `accelerator` for inputs of 256 bytes or more, in the whole process; `undefined`
 * goes back to the table. Returns false, and changes nothing, when the accelerator gives a wrong
 * answer (zlib's crc32 has the other polynomial): results are the same either way.
 */
export function useNativeCrc32c(accelerator: NativeCrc32c | undefined): boolean {
  if (accelerator !== undefined && !isCrc32c(accelerator)) return false;
  native = accelerator;
  return true;
}

function isCrc32c(candidate: NativeCrc32c): boolean {
  const sample = Buffer.from('123456789');
  if (candidate(sample, 0) !== 0xe306_9283) return false;
  return candidate(sample.subarray(4), candidate(sample.subarray(0, 4), 0)) === 0xe306_9283;
}

function crc32cByTable(buffer: Buffer, start: number, end: number, initial: number): number {
  const stepsEnd = end - ((end - start) % SLICES);
  let crc = ~initial;
  let at = start;
  for (; at < stepsEnd; at += SLICES) {
    const low = crc ^ byteWord(buffer, at);
    const high = byteWord(buffer, at + 4);
    crc =
      entry(7, low & 0xff) ^
      entry(6, (low >>> 8) & 0xff) ^
      entry(5, (low >>> 16) & 0xff) ^
      entry(4, low >>> 24) ^
      entry(3, high & 0xff) ^
      entry(2, (high >>> 8) & 0xff) ^
      entry(1, (high >>> 16) & 0xff) ^
      entry(0, high >>> 24);
  }
  for (; at < end; at += 1) crc = entry(0, (crc ^ byteAt(buffer, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

function entry(slice: number, byte: number): number {
  return TABLE[slice * 256 + byte] as number;
}

function byteAt(bytes: Buffer, at: number): number {
  return bytes[at] as number;
}

/** Four bytes as a little-endian int32: CRC-32C takes the low byte first. */
function byteWord(bytes: Buffer, at: number): number {
  return (
    byteAt(bytes, at) |
    (byteAt(bytes, at + 1) << 8) |
    (byteAt(bytes, at + 2) << 16) |
    (byteAt(bytes, at + 3) << 24)
  );
}

/** `TABLE[s * 256 + b]` is the CRC of byte b followed by s zero bytes. */
function buildTable(): Int32Array {
  const table = new Int32Array(SLICES * 256);
  for (let byte = 0; byte < 256; byte += 1) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit += 1)
      crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ POLYNOMIAL;
    table[byte] = crc;
  }
  for (let at = 256; at < table.length; at += 1) {
    const shorter = table[at - 256] as number;
    table[at] = (shorter >>> 8) ^ (table[shorter & 0xff] as number);
  }
  return table;
}

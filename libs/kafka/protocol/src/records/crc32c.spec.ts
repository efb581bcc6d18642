import * as fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { crc32c, useNativeCrc32c } from './crc32c.ts';

/** One bit at a time, from the polynomial: slow and plain. */
function crc32cByBits(bytes: Uint8Array): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 0 ? 0 : 0x82f6_3b78);
  }
  return ~crc >>> 0;
}

describe('crc32c', () => {
  afterEach(() => {
    useNativeCrc32c(undefined);
  });

  it('gives the check value of CRC-32C and the values of RFC 3720 B.4', () => {
    expect(crc32c(Buffer.from('123456789'))).toBe(0xe306_9283);
    expect(crc32c(Buffer.alloc(32))).toBe(0x8a91_36aa);
    expect(crc32c(Buffer.alloc(32, 0xff))).toBe(0x62a8_ab43);
    expect(crc32c(Buffer.alloc(0))).toBe(0);
  });

  it('equals a bitwise reference for any bytes, range and continuation', () => {
    const input = fc.uint8Array({ maxLength: 600 });
    fc.assert(
      fc.property(input, fc.nat(600), fc.nat(600), (bytes, from, to) => {
        const start = Math.min(from, bytes.length);
        const end = Math.max(start, Math.min(to, bytes.length));
        const buffer = Buffer.from(bytes);
        const expected = crc32cByBits(bytes.subarray(0, end));
        expect(crc32c(buffer, start, end, crc32c(buffer, 0, start))).toBe(expected);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('asks the accelerator from 256 bytes on, with the same results', () => {
    const asked: number[] = [];
    const accepted = useNativeCrc32c((bytes, initial) => {
      asked.push(bytes.length);
      return continued(bytes, initial);
    });
    asked.length = 0;
    const buffer = Buffer.alloc(300, 'abcdefg');
    const expected = crc32cByBits(buffer);
    expect(accepted).toBe(true);
    expect(crc32c(buffer)).toBe(expected);
    expect(crc32c(buffer, 200, 300, crc32c(buffer, 0, 200))).toBe(expected);
    expect(asked).toEqual([300]);
  });

  it('refuses an accelerator that gives a wrong answer', () => {
    expect(useNativeCrc32c(() => 0xcbf4_3926)).toBe(false);
    const ignoresInitial = (bytes: Buffer): number => crc32cByBits(bytes);
    expect(useNativeCrc32c(ignoresInitial)).toBe(false);
    expect(crc32c(Buffer.alloc(1000, 'x'))).toBe(crc32cByBits(Buffer.alloc(1000, 'x')));
  });
});

/** Continues in pieces below the native threshold, so that it never asks itself. */
function continued(bytes: Buffer, initial: number): number {
  let crc = initial;
  for (let at = 0; at < bytes.length; at += 100)
    crc = crc32c(bytes, at, Math.min(at + 100, bytes.length), crc);
  return crc;
}

import * as fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { measureFrame } from './lz4-frame.ts';

describe('measureFrame', () => {
  it('counts what any frame takes and gives, whatever follows it', () => {
    const plain = fc
      .array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 30 }), fc.nat(3000)), {
        maxLength: 5,
      })
      .map((runs) => Buffer.concat(runs.map(([unit, times]) => Buffer.alloc(times, unit))));
    fc.assert(
      fc.property(plain, fc.boolean(), fc.boolean(), (bytes, contentChecksum, blockChecksums) => {
        const frame = compressFrameSync(bytes, { contentChecksum, blockChecksums });
        const followed = Buffer.concat([frame, Buffer.from('rest')]);
        expect(measureFrame(followed, bytes.length)).toEqual({
          frameBytes: frame.length,
          outputBytes: bytes.length,
        });
      }),
      { seed: 40, numRuns: 200 },
    );
  });

  it('stops at the limit within a frame, before anything is decoded', () => {
    const bomb = compressFrameSync(Buffer.alloc(20_000_000));
    expect(measureFrame(bomb, 20_000_000).outputBytes).toBe(20_000_000);
    for (const maxBytes of [19_999_999, 1000, 0])
      expect(() => measureFrame(bomb, maxBytes)).toThrow(`${maxBytes} bytes allowed`);
  });

  it('refuses a block that gives more than the block size of its frame', () => {
    const frame = compressFrameSync(Buffer.alloc(100_000));
    frame.writeUInt8(0x40, 5);
    expect(() => measureFrame(frame, 1_000_000)).toThrow('65536 bytes allowed');
  });
});

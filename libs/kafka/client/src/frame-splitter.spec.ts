import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameSplitter } from './frame-splitter.ts';

function framed(bodies: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return [length, body];
    }),
  );
}

describe('FrameSplitter', () => {
  it('gives the same frames however the stream is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 17 }), { minLength: 1, maxLength: 20 }),
        (bodies, cuts) => {
          const stream = framed(bodies);
          const splitter = new FrameSplitter(64);
          const frames: Buffer[] = [];
          for (let at = 0, turn = 0; at < stream.length; turn++) {
            const end = at + (cuts[turn % cuts.length] ?? 1);
            frames.push(...splitter.push(stream.subarray(at, end)));
            at = end;
          }
          expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]));
        },
      ),
      { seed: 7, numRuns: 300 },
    );
  });

  it.each([-1, 65, 0x7f_ff_ff_ff])('refuses a frame of %i bytes before it arrives', (length) => {
    const header = Buffer.alloc(4);
    header.writeInt32BE(length);
    expect(() => new FrameSplitter(64).push(header)).toThrow('frame');
  });
});

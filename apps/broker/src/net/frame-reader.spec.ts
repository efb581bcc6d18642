import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, SLAB_BYTES } from './frame-reader.ts';

function aReader(maxFrameBytes = 10 << 20) {
  const frames: Buffer[] = [];
  const reader = new FrameReader({
    maxFrameBytes: () => maxFrameBytes,
    onFrame: (frame) => frames.push(Buffer.from(frame)),
  });
  return { reader, frames };
}

function framed(bodies: readonly Buffer[]): Buffer {
  return Buffer.concat(
    bodies.flatMap((body) => {
      const length = Buffer.alloc(4);
      length.writeInt32BE(body.length);
      return [length, body];
    }),
  );
}

test('any split of any frames gives the same frames, also through direct reads', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }),
      (bodies, cuts) => {
        const { reader, frames } = aReader();
        const stream = framed(bodies.map((body) => Buffer.from(body)));
        let cut = 0;
        for (let at = 0; at < stream.length;) {
          const count = Math.min(cuts[cut++ % cuts.length] ?? 1, stream.length - at);
          expect(reader.push(stream.subarray(at, at + count), count)).toBe(true);
          at += count;
        }
        expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]));
      },
    ),
    { seed: 1, numRuns: 300 },
  );
});

test('the rest of a frame larger than a slab is read straight into its buffer', () => {
  const { reader, frames } = aReader();
  const body = Buffer.alloc(SLAB_BYTES * 2, 7);
  const stream = framed([body]);
  reader.push(stream.subarray(0, 1000), 1000);
  const target = reader.directTarget;
  expect(target?.length).toBe(stream.length - 1000);
  stream.copy(target as Buffer, 0, 1000);
  reader.advance(stream.length - 1000);
  expect(frames[0]?.equals(body)).toBe(true);
  expect(reader.heldBytes).toBe(0);
});

test('a length over the limit or negative breaks the stream before anything is allocated', () => {
  const { reader } = aReader(100);
  expect(reader.push(Buffer.from([0, 0, 0, 101]), 4)).toBe(false);
  expect(reader.heldBytes).toBe(0);
  expect(aReader().reader.push(Buffer.from([0xff, 0xff, 0xff, 0xff]), 4)).toBe(false);
  expect(aReader().reader.push(Buffer.from([0x47, 0x45, 0x54, 0x20]), 4)).toBe(false);
});

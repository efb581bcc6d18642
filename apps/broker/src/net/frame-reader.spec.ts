import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FrameReader, TRUSTED_BYTES_MAX } from './frame-reader.ts';
import { ReceiveMemory } from './receive-memory.ts';

const LIMITS = { totalBytesMax: 512 << 20, strangersBytesMax: 64 << 20 };

function aReader(options: { maxFrameBytes?: number; memory?: ReceiveMemory; wants?: number } = {}) {
  const { maxFrameBytes = 10 << 20, memory = new ReceiveMemory(LIMITS) } = options;
  const frames: Buffer[] = [];
  const gate = { wanted: options.wants ?? Infinity };
  const reader: FrameReader = new FrameReader({
    memory,
    maxFrameBytes: () => maxFrameBytes,
    isStranger: () => false,
    onFrame: (frame) => {
      frames.push(Buffer.from(frame));
      gate.wanted--;
    },
    mayContinue: () => gate.wanted > 0,
  });
  return { reader, frames, memory, gate };
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

test('any split of any frames gives the same frames, however often the taker pauses', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 50 }),
      fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 }),
      (bodies, cuts, rounds) => {
        const { reader, frames, memory, gate } = aReader({ wants: rounds[0] ?? 1 });
        const stream = framed(bodies.map((body) => Buffer.from(body)));
        const shared = Buffer.alloc(200);
        let cut = 0;
        let round = 0;
        for (let at = 0; at < stream.length;) {
          const count = Math.min(cuts[cut++ % cuts.length] ?? 1, stream.length - at);
          stream.copy(shared, 0, at, at + count);
          expect(reader.push(shared, count)).toBe(true);
          shared.fill(0xdb);
          at += count;
          if (gate.wanted > 0) continue;
          gate.wanted = rounds[++round % rounds.length] ?? 1;
          expect(reader.resume()).toBe(true);
        }
        gate.wanted = Infinity;
        expect(reader.resume()).toBe(true);
        expect(frames.map((frame) => [...frame])).toEqual(bodies.map((body) => [...body]));
        expect([reader.isHolding, memory.takenBytes]).toEqual([false, 0]);
      },
    ),
    { seed: 1, numRuns: 500 },
  );
});

test('the rest of a large frame is read straight into its memory', () => {
  const { reader, frames, memory } = aReader();
  const body = Buffer.alloc(1 << 20, 7);
  const stream = framed([body]);
  expect(reader.push(stream.subarray(0, 1000), 1000)).toBe(true);
  expect(reader.directTarget?.length).toBe(stream.length - 1000);
  expect(stream.copy(reader.directTarget as Buffer, 0, 1000)).toBe(stream.length - 1000);
  expect(reader.advance(stream.length - 1000)).toBe(true);
  expect(frames[0]?.equals(body)).toBe(true);
  expect([reader.directTarget, memory.takenBytes]).toEqual([undefined, 0]);
});

test('memory for a frame grows with the bytes that came, not with the length it claims', () => {
  const { reader, frames, memory } = aReader({ maxFrameBytes: 100 << 20 });
  const body = Buffer.alloc(9 << 20, 7);
  body.writeInt32BE(1234, body.length - 4);
  const stream = framed([body]);
  reader.push(stream.subarray(0, 10), 10);
  expect(memory.takenBytes).toBe(TRUSTED_BYTES_MAX);
  let at = 10;
  while (at < stream.length) {
    const target = reader.directTarget;
    const piece = stream.subarray(at, at + Math.min(target?.length ?? 1 << 16, 1 << 20));
    if (target !== undefined) piece.copy(target);
    const isSound =
      target === undefined ? reader.push(piece, piece.length) : reader.advance(piece.length);
    expect(isSound).toBe(true);
    at += piece.length;
    expect(memory.takenBytes).toBeLessThanOrEqual(Math.max(TRUSTED_BYTES_MAX, 2 * at + (1 << 20)));
  }
  expect(frames[0]?.equals(body)).toBe(true);
  expect(memory.takenBytes).toBe(0);
});

test('a length over the limit or negative breaks the stream before anything is allocated', () => {
  const { reader, memory } = aReader({ maxFrameBytes: 100 });
  expect(reader.push(Buffer.from([0, 0, 0, 101]), 4)).toBe(false);
  expect(memory.takenBytes).toBe(0);
  expect(aReader().reader.push(Buffer.from([0xff, 0xff, 0xff, 0xff]), 4)).toBe(false);
  expect(aReader().reader.push(Buffer.from('GET '), 4)).toBe(false);
});

test('a closed reader gives everything back and drops what comes', () => {
  const { reader, frames, memory } = aReader({ wants: 1 });
  const stream = framed([Buffer.alloc(10), Buffer.alloc(10), Buffer.alloc(10)]);
  reader.push(stream, stream.length - 1);
  expect([reader.isHolding, memory.takenBytes > 0]).toEqual([true, true]);
  reader.close();
  reader.close();
  expect(reader.push(stream, stream.length)).toBe(true);
  expect([frames.length, memory.takenBytes]).toEqual([1, 0]);
});

test('without memory for its frames a connection is broken, and strangers run out first', () => {
  const limits = { totalBytesMax: 96 << 10, strangersBytesMax: 32 << 10 };
  const memory = new ReceiveMemory(limits);
  const strangers = [memory.take(1, true), memory.take(20_000, true), memory.take(1, true)];
  expect(strangers.map((slab) => slab?.buffer.length)).toEqual([16_384, undefined, 16_384]);
  expect(memory.take(1, true)).toBeUndefined();
  const { reader } = aReader({ memory });
  const start = Buffer.from([0, 0, 0xff, 0xff, 1]);
  expect(reader.push(start, start.length)).toBe(true);
  expect(aReader({ memory }).reader.push(start, start.length)).toBe(false);
  reader.close();
  expect(aReader({ memory }).reader.push(start, start.length)).toBe(true);
});

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { Codec, KafkaProtocolError } from '@weirhouse/kafka-protocol';
import * as fc from 'fast-check';
import { compressFrameSync } from 'lz4-napi';
import { compressSync as compressSnappyBlock } from 'snappy';
import { describe, expect, it } from 'vitest';
import { createCodecs } from './codecs.ts';

const codecs = createCodecs();
const compressing = Object.entries(Codec).filter(([name]) => name !== 'NONE');
const text = Buffer.from('weirhouse '.repeat(7000));

/** `lz4 -9 -BD -B4 -BX --content-size` 1.9.4 of `text`: linked blocks and every checksum. */
const LZ4_TOOL =
  'BCJNGFxAcBEBAAAAAADjFAEAAK93ZWlyaG91c2UgCgD/////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////////3lBlaXJobwD1X2sbAAAADwoA//////////////////////9pUG91c2UgDHgq4gAAAAClj0yA';
/** `zstd --ultra -22 --long=27 --check` 1.5.4 of `text`, from a pipe: a window of 128 MiB. */
const ZSTD_TOOL = 'KLUv/QSIlQAAUHdlaXJob3VzZSABAGMRzQsSujPOCw==';

/** What Java's SnappyOutputStream writes, with block sizes of the caller. */
function xerial(blocks: readonly Buffer[]): Buffer {
  const chunks: Buffer[] = [Buffer.from('82534e41505059000000000100000001', 'hex')];
  for (const block of blocks) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    chunks.push(length, block);
  }
  return Buffer.concat(chunks);
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(copy.readUInt8(at) ^ 0xff, at);
  return copy;
}

/** What `read` throws that is no KafkaProtocolError. */
function foreignError(read: () => unknown): unknown {
  try {
    read();
  } catch (error) {
    if (!(error instanceof KafkaProtocolError)) return error;
  }
  return undefined;
}

/** True for a KafkaProtocolError, false for an output; any other error is thrown on. */
function isRefused(codec: number, bytes: Buffer, maxBytes = 1_000_000): boolean {
  try {
    codecs.decompress(codec, bytes, maxBytes);
  } catch (error) {
    if (error instanceof KafkaProtocolError) return true;
    throw error;
  }
  return false;
}

describe.each(compressing)('%s', (_name, codec) => {
  it('gives back any bytes', () => {
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 2000 }).map((input) => Buffer.from(input)),
      fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 20 }), fc.nat(9000)).map(repeated),
    );
    fc.assert(
      fc.property(bytes, (plain) => {
        const output = codecs.decompress(codec, codecs.compress(codec, plain), plain.length);
        expect(output.equals(plain)).toBe(true);
      }),
      { seed: 10 + codec, numRuns: 60 },
    );
  });

  it('stops at the limit, to the byte', () => {
    const compressed = codecs.compress(codec, text);
    expect(codecs.decompress(codec, compressed, text.length)).toHaveLength(text.length);
    for (const maxBytes of [text.length - 1, 1, 0])
      expect(isRefused(codec, compressed, maxBytes)).toBe(true);
  });

  it('refuses a bomb', () => {
    const bomb = codecs.compress(codec, Buffer.alloc(30_000_000));
    expect(bomb.length).toBeLessThan(2_000_000);
    expect(isRefused(codec, bomb, 1_000_000)).toBe(true);
  });

  it('refuses input that is cut off, at any byte', () => {
    const compressed = codecs.compress(codec, text.subarray(0, 300));
    // Xerial framing has no end mark: its bare header is an empty stream.
    const isEmptyStream = (bytes: Buffer): boolean => codec === Codec.SNAPPY && bytes.length === 16;
    for (let length = 0; length < compressed.length; length += 1) {
      const cut = compressed.subarray(0, length);
      expect(isRefused(codec, cut)).toBe(!isEmptyStream(cut));
    }
  });

  it('meets only KafkaProtocolError in damaged input and stays within the limit', () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    const compressed = codecs.compress(codec, text.subarray(0, 3000));
    fc.assert(
      fc.property(changes, (edits) => {
        const damaged = Buffer.from(compressed);
        for (const [at, value] of edits) damaged.writeUInt8(value, at % damaged.length);
        const read = (): void => {
          expect(codecs.decompress(codec, damaged, 5000).length).toBeLessThanOrEqual(5000);
        };
        expect(foreignError(read)).toBeUndefined();
      }),
      { seed: 20 + codec, numRuns: 300 },
    );
  });

  it('meets only KafkaProtocolError in any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        const read = (): Buffer => codecs.decompress(codec, Buffer.from(bytes), 1000);
        expect(foreignError(read)).toBeUndefined();
      }),
      { seed: 30 + codec, numRuns: 300 },
    );
  });
});

describe('codecs', () => {
  it('leave uncompressed bytes as they are, within the limit', () => {
    expect(codecs.compress(Codec.NONE, text)).toBe(text);
    expect(codecs.decompress(Codec.NONE, text, text.length)).toBe(text);
    expect(isRefused(Codec.NONE, text, text.length - 1)).toBe(true);
  });

  it('refuse a codec that Kafka does not have', () => {
    for (const codec of [5, 6, 7, -1]) expect(isRefused(codec, text)).toBe(true);
  });
});

describe('gzip', () => {
  it('reads all members', () => {
    const members = Buffer.concat([gzipSync(text), gzipSync(text)]);
    expect(codecs.decompress(Codec.GZIP, members, 140_000)).toHaveLength(140_000);
    expect(isRefused(Codec.GZIP, members, 139_999)).toBe(true);
  });
});

describe('zstd', () => {
  it('reads all frames, in the limit of all', () => {
    const frames = Buffer.concat([zstdCompressSync(text), zstdCompressSync(text)]);
    expect(codecs.decompress(Codec.ZSTD, frames, 140_000)).toHaveLength(140_000);
    // The message of zlib: the second frame is refused before it is decoded, not after.
    expect(() => codecs.decompress(Codec.ZSTD, frames, 139_999)).toThrow('larger than 69999 bytes');
  });

  it('refuses what is behind the last frame', () => {
    expect(isRefused(Codec.ZSTD, Buffer.concat([zstdCompressSync(text), Buffer.from('xx')]))).toBe(
      true,
    );
  });

  it('reads what the zstd tool writes at its highest level', () => {
    const output = codecs.decompress(Codec.ZSTD, Buffer.from(ZSTD_TOOL, 'base64'), text.length);
    expect(output.equals(text)).toBe(true);
  });
});

describe('snappy', () => {
  it('reads one raw block, as librdkafka writes', () => {
    const output = codecs.decompress(Codec.SNAPPY, compressSnappyBlock(text), text.length);
    expect(output.equals(text)).toBe(true);
  });

  it('reads xerial blocks of any size', () => {
    const blocks = [text.subarray(0, 1), text.subarray(1, 60_000), text.subarray(60_000)];
    const framed = xerial(blocks.map((block) => compressSnappyBlock(block)));
    expect(codecs.decompress(Codec.SNAPPY, framed, text.length).equals(text)).toBe(true);
    expect(isRefused(Codec.SNAPPY, framed, text.length - 1)).toBe(true);
  });

  it('writes xerial blocks of 32 KiB', () => {
    const framed = codecs.compress(Codec.SNAPPY, text);
    const blocks = [0, 32_768, 65_536].map((at) => text.subarray(at, at + 32_768));
    expect(framed.equals(xerial(blocks.map((block) => compressSnappyBlock(block))))).toBe(true);
  });

  it('refuses a declared length above the limit before it allocates', () => {
    const block = compressSnappyBlock(text);
    expect(() => codecs.decompress(Codec.SNAPPY, block, text.length - 1)).toThrow('declared');
  });

  it('refuses a declared length that so few bytes cannot give, before it allocates', () => {
    const declares1GiB = Buffer.from('8080808004000000', 'hex');
    expect(() => codecs.decompress(Codec.SNAPPY, declares1GiB, 2 ** 31)).toThrow('cannot hold');
    expect(isRefused(Codec.SNAPPY, Buffer.from('ffffffffff', 'hex'), 2 ** 40)).toBe(true);
  });

  it('refuses xerial blocks without a whole length', () => {
    for (const tail of ['0000', '00000000', 'ffffffff', '7fffffff00'])
      expect(isRefused(Codec.SNAPPY, Buffer.concat([xerial([]), Buffer.from(tail, 'hex')]))).toBe(
        true,
      );
  });
});

describe('lz4', () => {
  const tool = Buffer.from(LZ4_TOOL, 'base64');
  const frame = compressFrameSync(text, { contentChecksum: true, blockChecksums: true });

  it('reads linked blocks, content size and checksums of the lz4 tool', () => {
    expect(codecs.decompress(Codec.LZ4, tool, text.length).equals(text)).toBe(true);
    expect(isRefused(Codec.LZ4, tool, text.length - 1)).toBe(true);
  });

  it('writes independent blocks without checksums, as Kafka does', () => {
    const header = codecs.compress(Codec.LZ4, text).subarray(0, 5);
    expect(header.toString('hex')).toBe('04224d1860');
  });

  it('ignores what is behind the frame, as Java does', () => {
    const followed = Buffer.concat([frame, Buffer.from('rest')]);
    expect(codecs.decompress(Codec.LZ4, followed, text.length).equals(text)).toBe(true);
  });

  it('verifies the checksums of header, blocks and content', () => {
    for (const at of [6, 20, frame.length - 1])
      expect(isRefused(Codec.LZ4, flipped(frame, at))).toBe(true);
  });

  it('refuses a content size that is above the limit or not that of the blocks', () => {
    const larger = Buffer.from(tool);
    larger.writeUInt32LE(text.length + 1, 6);
    expect(() => codecs.decompress(Codec.LZ4, larger, 1_000_000)).toThrow('content size');
    larger.writeUInt32LE(1, 10);
    expect(() => codecs.decompress(Codec.LZ4, larger, 1_000_000)).toThrow('allowed');
  });

  it.each([
    ['a legacy frame', '02214c1805000000aabbccddee', 'no frame'],
    ['a skippable frame', '502a4d1804000000aabbccdd', 'no frame'],
    ['another version', '04224d1820408200000000', 'another version'],
    ['a dictionary', '04224d186140820000000000000000', 'dictionary'],
    ['a block size without a meaning', '04224d1860308200000000', 'another version'],
    ["a block above the frame's block size", '04224d186040820100018000', 'block of 65537 bytes'],
    ['a block that ends with a match', '04224d186040820300000000010000000000', 'end with literals'],
    ['a length that never ends', '04224d18604082030000000fffff00000000', 'does not end'],
  ])('refuses %s', (_what, hex, message) => {
    const read = (): Buffer => codecs.decompress(Codec.LZ4, Buffer.from(hex, 'hex'), 1_000_000);
    expect(read).toThrow(KafkaProtocolError);
    expect(read).toThrow(message);
  });
});

function repeated([unit, times]: readonly [Uint8Array, number]): Buffer {
  return Buffer.concat(Array<Uint8Array>(times).fill(unit));
}

describe('the effort of compression', () => {
  const mixed = Buffer.from(Array.from({ length: 9000 }, (_, i) => `${i % 97} ${i * 7919}`).join());

  it.each([
    ['gzip', Codec.GZIP, 1, 9],
    ['zstd', Codec.ZSTD, -5, 19],
  ] as const)('of %s makes the result smaller', (_, codec, low, high) => {
    const fast = codecs.compress(codec, mixed, low);
    const best = codecs.compress(codec, mixed, high);
    expect(best.length).toBeLessThan(fast.length);
    for (const bytes of [fast, best])
      expect(codecs.decompress(codec, bytes, mixed.length).equals(mixed)).toBe(true);
  });

  it('of the others is what it is', () => {
    for (const codec of [Codec.NONE, Codec.SNAPPY, Codec.LZ4])
      expect(codecs.compress(codec, mixed, 5)).toEqual(codecs.compress(codec, mixed));
  });
});

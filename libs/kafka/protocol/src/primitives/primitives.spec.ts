import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { KafkaProtocolError } from './protocol-error.ts';
import { Reader } from './reader.ts';
import { INT64_MAX } from './types.ts';
import { sizeOfUnsignedVarint, sizeOfVarint, sizeOfVarlong } from './varints.ts';
import { Writer } from './writer.ts';

function written(write: (writer: Writer) => void): Buffer {
  const writer = new Writer(4);
  write(writer);
  const size = writer.size();
  const bytes = Buffer.concat(writer.finish());
  expect(bytes.length).toBe(size);
  return bytes;
}

function hex(write: (writer: Writer) => void): string {
  return written(write).toString('hex');
}

function reader(text: string): Reader {
  return new Reader(Buffer.from(text, 'hex'));
}

const safeInteger = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -300, max: 300 }),
);

describe('varints', () => {
  // Values and bytes from Kafka 4.3.1's ByteUtils.
  it.each([
    [0, '00', '00'],
    [-1, '01', 'ffffffff0f'],
    [1, '02', '01'],
    [63, '7e', '3f'],
    [-64, '7f', 'c0ffffff0f'],
    [64, '8001', '40'],
    [-65, '8101', 'bfffffff0f'],
    [8191, 'fe7f', 'ff3f'],
    [8192, '808001', '8040'],
    [1_048_575, 'feff7f', 'ffff3f'],
    [2_147_483_647, 'feffffff0f', 'ffffffff07'],
    [-2_147_483_648, 'ffffffff0f', '8080808008'],
  ])('of %d are %s zigzag and %s unsigned', (value, zigzag, unsigned) => {
    expect(hex((writer) => writer.writeVarint(value))).toBe(zigzag);
    expect(hex((writer) => writer.writeVarlong(value))).toBe(zigzag);
    expect(hex((writer) => writer.writeUnsignedVarint(value >>> 0))).toBe(unsigned);
    expect(reader(zigzag).readVarint()).toBe(value);
    expect(reader(zigzag).readVarlong()).toBe(value);
    expect(reader(unsigned).readUnsignedVarint()).toBe(value >>> 0);
  });

  it.each([
    [-4_294_967_311, '9d80808020'],
    [270_582_940_593, 'e28e8080e00f'],
    [-274_877_907_904, 'ff8e80808010'],
    [35_180_077_244_401, 'e2ff8e80e0ff0f'],
    [35_184_372_211_712, '80808f80808010'],
    [4_503_595_348_131_825, 'e2ffff8ee0ffff0f'],
    [Number.MAX_SAFE_INTEGER, 'feffffffffffff1f'],
    [Number.MIN_SAFE_INTEGER, 'fdffffffffffff1f'],
  ])('of the long %d are %s', (value, zigzag) => {
    expect(hex((writer) => writer.writeVarlong(value))).toBe(zigzag);
    expect(reader(zigzag).readVarlong()).toBe(value);
  });

  it('read back what was written, in as many bytes as announced', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        const bytes = written((writer) => writer.writeVarlong(value));
        expect(bytes.length).toBe(sizeOfVarlong(value));
        expect(new Reader(bytes).readVarlong()).toBe(value);
        const int = value | 0;
        expect(written((writer) => writer.writeVarint(int)).length).toBe(sizeOfVarint(int));
        const unsigned = value >>> 0;
        expect(written((writer) => writer.writeUnsignedVarint(unsigned)).length).toBe(
          sizeOfUnsignedVarint(unsigned),
        );
      }),
      { seed: 482, numRuns: 2000 },
    );
  });

  it.each(['ffffffff10', 'ffffffffff', '8080808080', '80'])('of 32 bits refuse %s', (text) => {
    expect(() => reader(text).readUnsignedVarint()).toThrow(KafkaProtocolError);
  });

  it.each(['9d808080b0feffffff01', 'ffffffffffffff1f', '8080808080808020', '80'])(
    'of 64 bits refuse %s',
    (text) => {
      expect(() => reader(text).readVarlong()).toThrow(KafkaProtocolError);
    },
  );
});

describe('int64', () => {
  it('is a safe integer, read back as written and equal to BigInt arithmetic', () => {
    fc.assert(
      fc.property(safeInteger, (value) => {
        const bytes = written((writer) => writer.writeInt64(value));
        expect(bytes.readBigInt64BE()).toBe(BigInt(value));
        expect(new Reader(bytes).readInt64()).toBe(value);
        expect(new Reader(bytes).readInt64Nearest()).toBe(value);
        expect(written((writer) => writer.writeInt64Nearest(value))).toEqual(bytes);
      }),
      { seed: 64, numRuns: 2000 },
    );
  });

  it('keeps Long.MAX_VALUE as the sentinel 2 ** 63', () => {
    expect(reader('7fffffffffffffff').readInt64()).toBe(INT64_MAX);
    expect(hex((writer) => writer.writeInt64(INT64_MAX))).toBe('7fffffffffffffff');
    expect(hex((writer) => writer.writeInt64(-1))).toBe('ffffffffffffffff');
  });

  it.each(['0020000000000000', '7ffffffffffffffe', '8000000000000000', 'ffe0000000000000'])(
    'refuses %s, which is no safe integer',
    (text) => {
      expect(() => reader(text).readInt64()).toThrow(KafkaProtocolError);
    },
  );

  it('takes the nearest double where that is enough', () => {
    expect(reader('18a0000000000001').readInt64Nearest()).toBe(0x18a0_0000_0000_0000);
    expect(hex((writer) => writer.writeInt64Nearest(-INT64_MAX))).toBe('8000000000000000');
    expect(hex((writer) => writer.writeInt64Nearest(INT64_MAX))).toBe('7fffffffffffffff');
  });

  it.each([0.5, Number.NaN, 2 ** 53, -INT64_MAX])('does not write %d', (value) => {
    expect(() => new Writer().writeInt64(value)).toThrow(KafkaProtocolError);
  });
});

describe('strings', () => {
  it('read back as written in all four forms', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 200 }), (text) => {
        const bytes = written((writer) => {
          writer.writeString(text);
          writer.writeNullableString(text);
          writer.writeNullableString(null);
          writer.writeCompactString(text);
          writer.writeNullableCompactString(text);
          writer.writeNullableCompactString(null);
        });
        const input = new Reader(bytes);
        expect(input.readString()).toBe(text);
        expect(input.readNullableString()).toBe(text);
        expect(input.readNullableString()).toBeNull();
        expect(input.readCompactString()).toBe(text);
        expect(input.readNullableCompactString()).toBe(text);
        expect(input.readNullableCompactString()).toBeNull();
        input.expectEnd();
      }),
      { seed: 8, numRuns: 300 },
    );
  });

  it('end at 32767 bytes in both directions', () => {
    const longest = 'x'.repeat(32_767);
    expect(
      new Reader(written((writer) => writer.writeCompactString(longest))).readCompactString(),
    ).toBe(longest);
    expect(() => new Writer().writeCompactString(`${longest}x`)).toThrow(KafkaProtocolError);
    expect(() => new Writer().writeString(`${longest}x`)).toThrow(KafkaProtocolError);
    expect(() => new Writer().writeString('é'.repeat(20_000))).toThrow(KafkaProtocolError);
    const tooLong = Buffer.concat([Buffer.from('818002', 'hex'), Buffer.alloc(32_768)]);
    expect(() => new Reader(tooLong).readCompactString()).toThrow(KafkaProtocolError);
  });

  it('are refused where null or longer than the input', () => {
    expect(() => reader('ffff').readString()).toThrow(KafkaProtocolError);
    expect(() => reader('00').readCompactString()).toThrow(KafkaProtocolError);
    expect(() => reader('7fff61').readString()).toThrow(KafkaProtocolError);
  });
});

describe('a reader', () => {
  it('stays within its range', () => {
    const input = new Reader(Buffer.from('0102030405', 'hex'), 1, 3);
    expect(input.readInt16()).toBe(0x0203);
    expect(() => input.readInt8()).toThrow(KafkaProtocolError);
    expect(() => new Reader(Buffer.alloc(2), 1, 3)).toThrow(KafkaProtocolError);
  });

  it('refuses array counts that the remaining bytes cannot hold', () => {
    expect(() => reader('7fffffff00').readCount(1, 8)).toThrow(KafkaProtocolError);
    expect(() => reader('ffffffff0f00').readCompactCount(1, 8)).toThrow(KafkaProtocolError);
    expect(() => reader('0000000200000000').readCount(4, 8)).toThrow(KafkaProtocolError);
    expect(() => reader('ffffffff').readCount(4, 8)).toThrow(KafkaProtocolError);
    expect(reader('ffffffff').readNullableCount(4, 8)).toBe(-1);
  });

  it('refuses arrays that would cost more heap than allowed', () => {
    const input = new Reader(Buffer.concat([Buffer.from('00000064', 'hex'), Buffer.alloc(100)]));
    input.limitHeap(799);
    expect(() => input.readCount(1, 8)).toThrow('too many array elements');
  });

  it('borrows bytes from its input and refuses more than there are', () => {
    const source = Buffer.from('0561626364', 'hex');
    const slice = new Reader(source).readCompactBytes();
    source[1] = 0x7a;
    expect(slice.toString()).toBe('zbcd');
    expect(() => reader('00000005').readBytes()).toThrow(KafkaProtocolError);
    expect(() => reader('ffffffff').readBytes()).toThrow(KafkaProtocolError);
    expect(reader('ffffffff').readNullableBytes()).toBeNull();
  });

  it('names the message and the place in its errors', () => {
    const input = reader('000000');
    input.enter('FetchRequest');
    input.readInt8();
    expect(() => input.readInt32()).toThrow('FetchRequest: 4 bytes expected at byte 1 (2 remain)');
  });

  it('refuses tagged fields out of order', () => {
    expect(
      reader('0201000200')
        .readTaggedFields()
        ?.map(({ tag }) => tag),
    ).toEqual([1, 2]);
    expect(() => reader('0202000100').readTaggedFields()).toThrow(KafkaProtocolError);
    expect(() => reader('0201000100').readTaggedFields()).toThrow(KafkaProtocolError);
  });
});

describe('a writer', () => {
  it('splices long records by reference and copies short ones', () => {
    const long = Buffer.alloc(2000, 1);
    const short = Buffer.alloc(20, 2);
    const writer = new Writer();
    writer.writeInt8(7);
    writer.writeCompactRecords([long, short, long]);
    writer.writeInt8(9);
    expect(writer.size()).toBe(1 + 2 + 4020 + 1);
    const chunks = writer.finish();
    expect(chunks.map((chunk) => chunk.length)).toEqual([3, 2000, 20, 2000, 1]);
    expect(chunks[1]).toBe(long);
    expect(chunks[3]).toBe(long);
    expect(chunks[2]).not.toBe(short);
  });

  it('keeps everything inside a tagged field in one piece, however long it gets', () => {
    for (const bytes of [0, 1, 127, 128, 511, 512, 16_383, 16_384, 70_000]) {
      const value = Buffer.alloc(bytes, 5);
      const text = written((writer) => {
        writer.writeInt32(1);
        const mark = writer.openTag(3);
        writer.writeRaw(value);
        writer.closeTag(mark);
        writer.writeInt32(2);
      });
      const input = new Reader(text);
      expect(input.readInt32()).toBe(1);
      expect(input.readUnsignedVarint()).toBe(3);
      const end = input.openTag();
      expect(input.buffer.subarray(input.position, end)).toEqual(value);
      input.position = end;
      expect(input.readInt32()).toBe(2);
      input.expectEnd();
    }
  });

  it.each([
    ['writeInt8', 128],
    ['writeInt8', -129],
    ['writeInt16', 32_768],
    ['writeUint16', 65_536],
    ['writeUint16', -1],
    ['writeInt32', 2 ** 31],
    ['writeInt32', 0.5],
    ['writeUint32', -1],
    ['writeUnsignedVarint', 2 ** 32],
    ['writeVarint', 2 ** 31],
    ['writeVarlong', 2 ** 53],
  ] as const)('%s refuses %d', (method, value) => {
    expect(() => new Writer()[method](value)).toThrow(KafkaProtocolError);
  });

  it('refuses a text that is no uuid', () => {
    for (const text of ['', 'AAAA', 'A'.repeat(23), '!'.repeat(22)]) {
      expect(() => new Writer().writeUuid(text)).toThrow(KafkaProtocolError);
    }
  });
});

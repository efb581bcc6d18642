import { BatchField, crc32c } from '@weirhouse/kafka-protocol';
import type { Corpus } from './corpus.ts';
import type { SeededRandom } from './random.ts';

/** What one hostile connection sends, in pieces. */
export interface Attack {
  readonly name: string;
  /** True: to the listener that asks for a login. */
  readonly isStranger: boolean;
  readonly pieces: readonly Buffer[];
}

type Maker = (random: SeededRandom, corpus: Corpus) => readonly Buffer[];

/** Longest run of bytes that a mutation inserts or removes. */
const SPLICE_BYTES_MAX = 64;
/** Values that lengths and counts are set to: edges of every integer, and just beyond small ones. */
const EDGES = [-2_147_483_648, -2, -1, 0, 1, 127, 128, 255, 65_536, 16_777_216, 2_147_483_647];
const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER', 'GSSAPI', ''];

/** A whole frame with its length. */
export function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** Changes some bytes: single ones, edges of integers, insertions, removals, copies of parts. */
export function mutated(random: SeededRandom, bytes: Buffer, from = 0): Buffer {
  let result = Buffer.from(bytes);
  for (let changes = 1 + random.below(5); changes > 0; changes -= 1) {
    const at = from + random.below(Math.max(1, result.length - from));
    switch (random.below(6)) {
      case 0:
        result[at] = random.below(256);
        break;
      case 1:
        result[at] = (result[at] ?? 0) ^ (1 << random.below(8));
        break;
      case 2:
        if (at + 4 <= result.length) result.writeInt32BE(random.pick(EDGES), at);
        break;
      case 3:
        result = Buffer.concat([
          result.subarray(0, at),
          random.bytes(random.below(SPLICE_BYTES_MAX)),
          result.subarray(at),
        ]);
        break;
      case 4:
        result = Buffer.concat([
          result.subarray(0, at),
          result.subarray(at + random.below(SPLICE_BYTES_MAX)),
        ]);
        break;
      default:
        // Unsigned varints of flexible versions: the longest that is still whole.
        result.fill(0xff, at, Math.min(result.length, at + 5));
    }
  }
  return result;
}

/** A batch with wrong insides and, half of the time, a right checksum, so that it gets past it. */
function brokenBatch(random: SeededRandom, corpus: Corpus): Buffer {
  const batch = mutated(random, random.pick(corpus.batches), 8);
  if (batch.length > BatchField.ATTRIBUTES + 2 && random.below(2) === 0) {
    batch.writeInt32BE(batch.length - 12, 8);
    batch.writeUInt32BE(crc32c(batch, BatchField.ATTRIBUTES), BatchField.CRC);
  }
  return batch;
}

/** Produce version 3 to a topic that exists; older and newer ones differ around the records only. */
function produceOf(topic: string, records: Buffer): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.alloc(10 + 4 + 2 + 2 + 4 + 4 + 2 + name.length + 4 + 4 + 4);
  let at = body.writeInt16BE(0, 0);
  at = body.writeInt16BE(3, at);
  at = body.writeInt32BE(9, at);
  at = body.writeInt16BE(-1, at);
  at = body.writeInt16BE(-1, at);
  at = body.writeInt16BE(-1, at);
  at = body.writeInt32BE(1000, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt16BE(name.length, at);
  at += name.copy(body, at);
  at = body.writeInt32BE(1, at);
  at = body.writeInt32BE(0, at);
  at = body.writeInt32BE(records.length, at);
  return Buffer.concat([body.subarray(0, at), records]);
}

function saslFrame(key: number, version: number, body: Buffer): Buffer {
  const header = Buffer.alloc(10);
  header.writeInt16BE(key, 0);
  header.writeInt16BE(version, 2);
  header.writeInt32BE(3, 4);
  header.writeInt16BE(-1, 8);
  return framed(Buffer.concat([header, body]));
}

function token(random: SeededRandom): Buffer {
  const nonce = random.bytes(12).toString('hex');
  return random.pick([
    Buffer.from(`n,,n=admin,r=${nonce}`),
    Buffer.from(`n,,n=${'a'.repeat(random.below(3000))},r=${nonce}`),
    Buffer.from(`c=biws,r=${nonce},p=${random.bytes(32).toString('base64')}`),
    Buffer.from(`\0admin\0${nonce}`),
    Buffer.from(`n,,\u0001auth=Bearer ${nonce}.${nonce}.\u0001\u0001`),
    random.bytes(random.below(200)),
    Buffer.alloc(random.below(100_000), 0x61),
  ]);
}

function shortString(text: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeInt16BE(text.length);
  return Buffer.concat([length, Buffer.from(text)]);
}

const MAKERS: Readonly<Record<string, Maker>> = {
  'valid requests': (random, { requests }) =>
    Array.from({ length: 1 + random.below(4) }, () => framed(random.pick(requests))),
  'changed requests': (random, { requests }) =>
    // The key and the version stay: otherwise most would end at the first look.
    Array.from({ length: 1 + random.below(4) }, () =>
      framed(mutated(random, random.pick(requests), 4)),
    ),
  'changed headers': (random, { requests }) => [framed(mutated(random, random.pick(requests)))],
  'changed produces': (random, { produces }) => [
    framed(mutated(random, random.pick(produces), 14)),
  ],
  'broken batches': (random, corpus) =>
    Array.from({ length: 1 + random.below(3) }, () =>
      framed(produceOf(random.pick(corpus.topics), brokenBatch(random, corpus))),
    ),
  'cut frames': (random, { requests }) => {
    const bytes = framed(random.pick(requests));
    return [bytes.subarray(0, random.below(bytes.length))];
  },
  'false lengths': (random) => {
    const bytes = random.bytes(4 + random.below(200));
    bytes.writeInt32BE(random.pick(EDGES), 0);
    return [bytes];
  },
  'single bytes': (random, { requests }) =>
    Array.from(framed(random.pick(requests)).subarray(0, 200), (byte) => Buffer.from([byte])),
  noise: (random) => [random.bytes(random.below(2000))],
  'many small frames': (random) => [
    Buffer.concat(Array.from({ length: 500 }, () => framed(random.bytes(random.below(12))))),
  ],
};

const STRANGERS: Readonly<Record<string, Maker>> = {
  'logins with wrong tokens': (random) => {
    const version = random.below(2);
    const hello = saslFrame(17, version, shortString(random.pick(MECHANISMS)));
    const tokens = Array.from({ length: 1 + random.below(3) }, () => {
      const bytes = token(random);
      if (version === 0) return framed(bytes);
      const length = Buffer.alloc(4);
      length.writeInt32BE(bytes.length);
      return saslFrame(36, 1, Buffer.concat([length, bytes]));
    });
    return [hello, ...tokens];
  },
  'requests without login': (random, { requests }) => [framed(random.pick(requests))],
  'noise without login': (random) => [random.bytes(random.below(600_000))],
  'changed handshakes': (random) => [
    framed(mutated(random, saslFrame(17, 1, shortString('SCRAM-SHA-256')).subarray(4))),
  ],
};

/** The next attack of a seed. */
export function nextAttack(random: SeededRandom, corpus: Corpus): Attack {
  const isStranger = random.below(4) === 0;
  const [name, make] = random.pick(Object.entries(isStranger ? STRANGERS : MAKERS));
  return { name, isStranger, pieces: make(random, corpus) };
}

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KafkaProtocolError } from './primitives/protocol-error.ts';
import type { MessageSchema } from './primitives/types.ts';
import { Reader } from './primitives/reader.ts';
import { Writer } from './primitives/writer.ts';

/** One vector: what Kafka 4.3.1's own encoder made of `json` in `version`. */
interface Vector {
  readonly version: number;
  readonly variant: string;
  readonly json: unknown;
  readonly hex: string;
}

interface Module {
  readonly schema: MessageSchema;
  readonly read: (reader: Reader, version: number) => unknown;
  readonly write: (writer: Writer, message: unknown, version: number) => void;
}

const file = new URL('../golden/vectors.json.gz', import.meta.url);
const { vectors } = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as {
  vectors: Record<string, readonly Vector[]>;
};

async function load(name: string): Promise<Module> {
  const kebab = name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1-$2')
    .toLowerCase();
  const module = (await import(`./generated/${kebab}.ts`)) as Record<string, unknown>;
  return {
    schema: module[`${name.charAt(0).toLowerCase()}${name.slice(1)}Schema`] as MessageSchema,
    read: module[`read${name}`] as Module['read'],
    write: module[`write${name}`] as Module['write'],
  };
}

function decode(module: Module, bytes: Buffer, version: number): unknown {
  const reader = new Reader(bytes);
  const message = module.read(reader, version);
  reader.expectEnd();
  return message;
}

function encode(module: Module, message: unknown, version: number): Buffer {
  const writer = new Writer();
  module.write(writer, message, version);
  const size = writer.size();
  const bytes = Buffer.concat(writer.finish());
  expect(bytes.length).toBe(size);
  return bytes;
}

/** Keeps of `actual` what `expected` speaks of; bytes become base64, as in the vectors. */
function projected(actual: unknown, expected: unknown): unknown {
  if (Buffer.isBuffer(actual)) return actual.toString('base64');
  if (Array.isArray(actual) && Array.isArray(expected)) {
    return actual.map((element, index) => projected(element, expected[index]));
  }
  if (typeof actual !== 'object' || actual === null) return actual;
  if (typeof expected !== 'object' || expected === null) return actual;
  const source = actual as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(expected).map(([key, value]) => [key, projected(source[key], value)]),
  );
}

describe('golden vectors of Kafka 4.3.1', () => {
  it('are 2217 vectors of 273 messages', () => {
    expect(Object.keys(vectors)).toHaveLength(273);
    expect(Object.values(vectors).flat()).toHaveLength(2217);
  });

  it.each(Object.keys(vectors))('%s decodes and encodes byte for byte', async (name) => {
    const module = await load(name);
    expect(module.schema.name).toBe(name);
    const versions = new Set<number>();
    for (const vector of vectors[name] ?? []) {
      const bytes = Buffer.from(vector.hex, 'hex');
      const message = decode(module, bytes, vector.version);
      expect(projected(message, vector.json)).toEqual(vector.json);
      expect(encode(module, message, vector.version).toString('hex')).toBe(vector.hex);
      versions.add(vector.version);
    }
    expect(Math.min(...versions)).toBe(module.schema.minVersion);
    expect(Math.max(...versions)).toBe(module.schema.maxVersion);
  });
});

/** Seeded numbers below 2 ** 32 (xorshift32), so that a failure repeats. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** The message, or undefined when the input was refused with the one error class. */
function tryDecode(module: Module, bytes: Buffer, version: number): unknown {
  try {
    return module.read(new Reader(bytes), version);
  } catch (error) {
    if (error instanceof KafkaProtocolError) return undefined;
    throw error;
  }
}

/** Overwrites, inserts or removes some bytes, or plants a length that is far too large. */
function mutated(bytes: Buffer, random: () => number): Buffer {
  const copy = Buffer.from(bytes);
  const at = random() % Math.max(1, bytes.length);
  const to = Math.min(copy.length, at + 1 + (random() % 4));
  switch (random() % 6) {
    case 0:
      return copy.fill(0xff, at, to);
    case 1:
      return copy.fill(random() & 0xff, at, Math.min(copy.length, at + 1));
    case 2:
      return Buffer.concat([copy.subarray(0, at), Buffer.from([random()]), copy.subarray(at)]);
    case 3:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(to)]);
    case 4:
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.from('7fffffff', 'hex'),
        copy.subarray(to),
      ]);
    default:
      return Buffer.concat([
        copy.subarray(0, at),
        Buffer.from('ffffffff0f', 'hex'),
        copy.subarray(to),
      ]);
  }
}

describe('malformed messages', { timeout: 60_000 }, () => {
  const { stackTraceLimit } = Error;
  beforeAll(() => {
    // A million errors are made here; their stacks would be most of the time.
    Error.stackTraceLimit = 0;
  });
  afterAll(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it('are refused with one error class when cut short at any length', async () => {
    const accepted: string[] = [];
    for (const name of Object.keys(vectors)) {
      const module = await load(name);
      for (const { hex, version, variant } of vectors[name] ?? []) {
        const bytes = Buffer.from(hex, 'hex');
        for (let length = 0; length < bytes.length; length++) {
          const message = tryDecode(module, bytes.subarray(0, length), version);
          if (message !== undefined) accepted.push(`${name} v${version} ${variant}: ${length}`);
        }
      }
    }
    expect(accepted).toEqual([]);
  });

  it('are refused with one error class, or read as something that writes and reads back equal', async () => {
    const random = seeded(20_260_821);
    let read = 0;
    for (const name of Object.keys(vectors)) {
      const module = await load(name);
      for (const { hex, version } of vectors[name] ?? []) {
        const bytes = Buffer.from(hex, 'hex');
        for (let round = 0; round < 30; round++) {
          const message = tryDecode(module, mutated(bytes, random), version);
          if (message === undefined) continue;
          read++;
          const again = tryDecode(module, encode(module, message, version), version);
          expect(again).toEqual(message);
        }
      }
    }
    expect(read).toBeGreaterThan(1000);
  });

  it('of random bytes are refused or read, whatever the version', async () => {
    const random = seeded(482);
    let refused = 0;
    for (const name of Object.keys(vectors)) {
      const module = await load(name);
      for (let version = module.schema.minVersion; version <= module.schema.maxVersion; version++) {
        for (let round = 0; round < 40; round++) {
          const mask = round % 2 === 0 ? 0xff : 0x07;
          const bytes = Buffer.from(Array.from({ length: random() % 64 }, () => random() & mask));
          if (tryDecode(module, bytes, version) === undefined) refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(10_000);
  });

  it('are refused in versions that the schema does not have', async () => {
    for (const name of Object.keys(vectors)) {
      const { schema, read, write } = await load(name);
      for (const version of [schema.minVersion - 1, schema.maxVersion + 1, 0.5, Number.NaN]) {
        expect(() => read(new Reader(Buffer.alloc(64)), version)).toThrow(KafkaProtocolError);
        expect(() => write(new Writer(), {}, version)).toThrow(KafkaProtocolError);
      }
    }
  });
});

describe('the generated files', { timeout: 60_000 }, () => {
  it('are what the generator makes of the schemas', () => {
    const generator = fileURLToPath(new URL('../generator/generate.ts', import.meta.url));
    expect(() => execFileSync(process.execPath, [generator, '--check'])).not.toThrow();
  });
});

import {
  problemsOf,
  ProduceRecordSchema,
  type RouteInput,
  type routes,
} from '@weirhouse/cloud-contract';
import type { RecordInput } from '@weirhouse/kafka-client';
import type { AppError } from '@weirhouse/shared-kernel';
import { JsonObjects } from './json-objects.ts';
import { badRequest, unfitRecord } from './kafka-failures.ts';

/** Largest text of one record, in bytes: a record of a megabyte in base64 with room for headers. */
const RECORD_TEXT_BYTES_MAX = 2 * 1024 * 1024;
/** Most records, and bytes of text, that are written together. */
const BATCH_RECORDS_MAX = 500;
const BATCH_TEXT_BYTES_MAX = 512 * 1024;

type Body = RouteInput<typeof routes.produceRecord>['body'];
type Data = NonNullable<Body['key']>;

/** The size of a key or a value on the wire. */
interface Sized {
  readonly type: Data['type'];
  readonly size: number;
}

/** One record of a request, or why it is none. */
export type ReadRecord =
  | {
      readonly kind: 'record';
      /** Undefined = by its key, or any. */
      readonly partition: number | undefined;
      readonly record: RecordInput;
      readonly key: Sized | undefined;
      readonly value: Sized | undefined;
    }
  | { readonly kind: 'fault'; readonly error: AppError };

/** Reads the records of a request body, in parts that are written together. */
export class RecordReader {
  readonly #body: AsyncIterable<Buffer>;
  readonly #nowMs: () => number;

  constructor(body: AsyncIterable<Buffer>, nowMs: () => number) {
    this.#body = body;
    this.#nowMs = nowMs;
  }

  /** The records in parts. What cannot be cut into objects is the last one. */
  async *batches(): AsyncGenerator<readonly ReadRecord[]> {
    const cutter = new JsonObjects(RECORD_TEXT_BYTES_MAX);
    for await (const chunk of this.#body) {
      const { fault, objects } = cutter.push(chunk);
      yield* this.#parts(objects);
      if (fault === undefined) continue;
      yield faulty(fault === 'too large' ? tooLarge() : notObjects());
      return;
    }
    if (cutter.isInside) yield faulty(badRequest('The body ends in the middle of a record.'));
  }

  *#parts(objects: readonly Buffer[]): Generator<readonly ReadRecord[]> {
    let part: ReadRecord[] = [];
    let bytes = 0;
    for (const text of objects) {
      if (part.length >= BATCH_RECORDS_MAX || bytes + text.length > BATCH_TEXT_BYTES_MAX) {
        if (part.length > 0) yield part;
        part = [];
        bytes = 0;
      }
      part.push(readRecord(text, this.#nowMs()));
      bytes += text.length;
    }
    if (part.length > 0) yield part;
  }
}

function faulty(error: AppError): readonly ReadRecord[] {
  return [{ kind: 'fault', error }];
}

function readRecord(text: Buffer, nowMs: number): ReadRecord {
  let object: unknown;
  try {
    object = JSON.parse(text.toString('utf8'));
  } catch {
    return { kind: 'fault', error: badRequest('The record is not JSON.') };
  }
  const parsed = ProduceRecordSchema.safeParse(object);
  if (parsed.success) return encode(parsed.data, nowMs);
  const problems = problemsOf(parsed.error.issues, 'body').map(({ detail }) => detail);
  return { kind: 'fault', error: unfitRecord(problems.join(' '), '/') };
}

function encode(body: Body, nowMs: number): ReadRecord {
  const key = bytesOf(body.key);
  const value = bytesOf(body.value);
  if (key === 'unfit') return { kind: 'fault', error: unfit('key') };
  if (value === 'unfit') return { kind: 'fault', error: unfit('value') };
  const headers = (body.headers ?? []).map((header) => ({
    key: header.name,
    value: typeof header.value === 'string' ? Buffer.from(header.value, 'base64') : null,
  }));
  const timestamp = typeof body.timestamp === 'string' ? Date.parse(body.timestamp) : nowMs;
  return {
    kind: 'record',
    partition: body.partition_id ?? undefined,
    record: { key, value, timestamp, headers },
    key: sized(body.key, key),
    value: sized(body.value, value),
  };
}

function bytesOf(data: Data | null | undefined): Buffer | null | 'unfit' {
  if (data?.data === undefined || data.data === null) return null;
  if (data.type === 'JSON') return Buffer.from(JSON.stringify(data.data));
  if (typeof data.data !== 'string') return 'unfit';
  if (data.type === 'STRING') return Buffer.from(data.data);
  const bytes = Buffer.from(data.data, 'base64');
  // Node skips what is not base64; the length tells.
  return isBase64(data.data) ? bytes : 'unfit';
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(text);
}

function sized(data: Data | null | undefined, bytes: Buffer | null): Sized | undefined {
  return data ? { type: data.type, size: bytes?.length ?? 0 } : undefined;
}

function unfit(part: 'key' | 'value'): AppError {
  const message = `${part}.data must be a string: text for type STRING, base64 for type BINARY.`;
  return unfitRecord(message, `/${part}/data`);
}

function notObjects(): AppError {
  return badRequest('The body must be JSON objects, one after the other.');
}

function tooLarge(): AppError {
  return badRequest(`A record may have ${RECORD_TEXT_BYTES_MAX} bytes of JSON at most.`);
}

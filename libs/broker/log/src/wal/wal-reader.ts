import { BatchCursor, BatchField, crc32c, MAGIC_V2 } from '@weirhouse/kafka-protocol';
import type { DiskFile } from '../disk.ts';
import { RecordKind } from '../extent.ts';
import {
  alignToBlock,
  BATCH_PREFIX_BYTES,
  readRecordHeader,
  RECORD_HEADER_BYTES,
  WAL_BLOCK_BYTES,
  WAL_DATA_START,
  type WalFileHeader,
  type WalRecordHeader,
} from './format.ts';

/** What is read from a WAL file at once. */
const WINDOW_BYTES = 4_194_304;

/** How a WAL file is read. */
export interface WalReaderOptions {
  /** The sequence where the next file goes on. */
  readonly endSequence?: number | undefined;
  /** True when payloads were found intact before. */
  readonly isTrusted?: boolean;
}

/** How far behind damage a proof is looked for that it is no torn write: several of the longest flushes. */
const SEARCH_BYTES = 16_777_216;

/** One intact record. Its payload never changes: every window of the file is a new buffer. */
export interface WalRecord {
  readonly header: WalRecordHeader;
  readonly payload: Buffer;
}

/**
 * Reads the records of one WAL file in order and stops at the first that is not intact or not the
 * next of its generation: padding and the torn end of the last flush look like that. It stops where the
 * next file goes on, too: what may follow there is of a write that found no space and was made again
 * in the next file.
 */
export class WalReader {
  readonly #file: DiskFile;
  readonly #generation: number;
  readonly #endSequence: number;
  readonly #isTrusted: boolean;
  readonly #cursor = new BatchCursor();
  readonly #fileBytes: number;
  #window: Buffer = Buffer.alloc(0);
  #windowStart = 0;
  #position = WAL_DATA_START;
  /** The sequence that the next record must have. */
  nextSequence: number;

  constructor(file: DiskFile, header: WalFileHeader, options: WalReaderOptions = {}) {
    this.#file = file;
    this.#fileBytes = file.sizeSync();
    this.#generation = header.generation;
    this.#endSequence = options.endSequence ?? Number.POSITIVE_INFINITY;
    this.#isTrusted = options.isTrusted ?? false;
    this.nextSequence = header.firstSequence;
  }

  next(): WalRecord | undefined {
    if (this.nextSequence === this.#endSequence) return undefined;
    const record = this.#readAt(this.#position) ?? this.#readAt(alignToBlock(this.#position));
    if (record === undefined) return undefined;
    this.nextSequence += 1;
    return record;
  }

  /** The byte where the next record should be. */
  get position(): number {
    return this.#position;
  }

  /**
   * A record behind the place where reading ended that was written when the missing one was durable. A
   * torn write leaves none: then acknowledged records are damaged. Flushes begin at blocks, and the
   * next one begins within the length of the damaged one, which is bounded but for very large batches.
   */
  findProofOfLoss(): WalRecordHeader | undefined {
    const end = Math.min(this.#fileBytes, this.#position + SEARCH_BYTES);
    for (let at = alignToBlock(this.#position); at < end; at += WAL_BLOCK_BYTES) {
      const place = this.#load(at, RECORD_HEADER_BYTES);
      if (place < 0) return undefined;
      const header = readRecordHeader(this.#window, place);
      if (header?.generation === this.#generation && header.durableSequence > this.nextSequence)
        return header;
    }
    return undefined;
  }

  #readAt(position: number): WalRecord | undefined {
    let at = this.#load(position, RECORD_HEADER_BYTES);
    if (at < 0) return undefined;
    const header = readRecordHeader(this.#window, at);
    if (header === undefined || header.generation !== this.#generation) return undefined;
    if (header.sequence !== this.nextSequence) return undefined;
    const bytes = RECORD_HEADER_BYTES + header.payloadBytes;
    at = this.#load(position, bytes);
    if (at < 0) return undefined;
    const payload = this.#window.subarray(at + RECORD_HEADER_BYTES, at + bytes);
    if (!this.#isTrusted && !this.#isIntact(header, payload)) return undefined;
    this.#position = position + bytes;
    return { header, payload };
  }

  #isIntact(header: WalRecordHeader, payload: Buffer): boolean {
    if (header.kind !== RecordKind.DATA) return crc32c(payload) === header.prefixCrc;
    return batchesPrefixCrc(this.#cursor, payload) === header.prefixCrc;
  }

  /** Brings `bytes` bytes from `position` into the window; their place in it, or -1 at the end. */
  #load(position: number, bytes: number): number {
    const at = position - this.#windowStart;
    if (at >= 0 && at + bytes <= this.#window.length) return at;
    if (position + bytes > this.#fileBytes) return -1;
    const wanted = Math.min(Math.max(bytes, WINDOW_BYTES), this.#fileBytes - position);
    const window = Buffer.allocUnsafeSlow(wanted);
    const read = this.#file.readSync(window, position);
    this.#window = window.subarray(0, read);
    this.#windowStart = position;
    return read >= bytes ? 0 : -1;
  }
}

/** The CRC over the prefixes of all batches, or undefined when one of them is damaged. */
function batchesPrefixCrc(cursor: BatchCursor, payload: Buffer): number | undefined {
  let crc = 0;
  cursor.reset(payload);
  while (cursor.wholeBytes < payload.length) {
    const length = payload.length - cursor.wholeBytes;
    if (length <= BatchField.BATCH_LENGTH + 4) return undefined;
    const size = payload.readInt32BE(cursor.wholeBytes + BatchField.BATCH_LENGTH);
    // Told apart before `next`, which throws for lengths below a header's.
    if (size <= BATCH_PREFIX_BYTES || !isNextWhole(cursor)) return undefined;
    const { view } = cursor;
    if (view.magic !== MAGIC_V2 || !view.isCrcValid()) return undefined;
    crc = crc32c(payload, view.start, view.start + BATCH_PREFIX_BYTES, crc);
  }
  return crc;
}

function isNextWhole(cursor: BatchCursor): boolean {
  try {
    return cursor.next();
  } catch {
    return false;
  }
}

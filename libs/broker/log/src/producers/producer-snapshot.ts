import { crc32c } from '@weirhouse/kafka-protocol';
import { type ProducerBatch, type ProducerState, ProducerStates } from './producer-states.ts';

const VERSION = 1;
/** Version and CRC; the CRC covers everything behind. */
const HEAD_BYTES = 6;
const COUNT_BYTES = 4;
/** One entry of Kafka's ProducerSnapshot message, version 1. */
const ENTRY_BYTES = 46;
/** One older batch of a producer, in our part behind Kafka's. */
const OLDER_BYTES = 24;
const TWO_POW_32 = 4_294_967_296;

/**
 * The bytes of a `.snapshot` file: Kafka's ProducerSnapshot v1, which keeps the last batch of each
 * producer, and behind it, where Kafka does not look, the up to four batches before. Without those a
 * retry of an older batch after a restart would be refused instead of recognized.
 */
export function writeProducerSnapshot(states: ProducerStates): Buffer {
  let olderCount = 0;
  for (const [, state] of states.entries()) olderCount += Math.max(0, state.batches.length - 1);
  const entriesEnd = HEAD_BYTES + COUNT_BYTES + states.size * ENTRY_BYTES;
  const bytes = Buffer.alloc(entriesEnd + states.size + olderCount * OLDER_BYTES);
  bytes.writeInt16BE(VERSION, 0);
  bytes.writeInt32BE(states.size, HEAD_BYTES);
  let at = HEAD_BYTES + COUNT_BYTES;
  let older = entriesEnd;
  for (const [producerId, state] of states.entries()) {
    writeEntry(bytes, at, producerId, state);
    at += ENTRY_BYTES;
    older = writeOlder(bytes, older, state);
  }
  bytes.writeUInt32BE(crc32c(bytes, HEAD_BYTES), 2);
  return bytes;
}

/** The producers of a snapshot file; undefined when it is damaged or of another version. */
export function readProducerSnapshot(bytes: Buffer): ProducerStates | undefined {
  if (bytes.length < HEAD_BYTES + COUNT_BYTES || bytes.readInt16BE(0) !== VERSION) return undefined;
  if (bytes.readUInt32BE(2) !== crc32c(bytes, HEAD_BYTES)) return undefined;
  const count = bytes.readInt32BE(HEAD_BYTES);
  const entriesEnd = HEAD_BYTES + COUNT_BYTES + count * ENTRY_BYTES;
  if (count < 0 || entriesEnd > bytes.length) return undefined;
  const entries: [number, ProducerState][] = [];
  let older = entriesEnd;
  for (let index = 0; index < count; index += 1) {
    const at = HEAD_BYTES + COUNT_BYTES + index * ENTRY_BYTES;
    const state = readEntry(bytes, at);
    // Kafka's own snapshots end with their entries.
    const olderCount = bytes[older] ?? 0;
    for (let batch = 0; batch < olderCount; batch += 1)
      state.batches.splice(batch, 0, readBatch(bytes, older + 1 + batch * OLDER_BYTES));
    older += 1 + olderCount * OLDER_BYTES;
    entries.push([readInt64(bytes, at), state]);
  }
  return new ProducerStates(entries);
}

function writeEntry(bytes: Buffer, at: number, producerId: number, state: ProducerState): void {
  const last = state.batches.at(-1);
  writeInt64(bytes, at, producerId);
  bytes.writeInt16BE(state.producerEpoch, at + 8);
  bytes.writeInt32BE(last?.lastSequence ?? -1, at + 10);
  writeInt64(bytes, at + 14, last?.lastOffset ?? -1);
  bytes.writeInt32BE(last?.offsetDelta ?? 0, at + 22);
  writeInt64(bytes, at + 26, state.lastTimestamp);
  bytes.writeInt32BE(state.coordinatorEpoch, at + 34);
  writeInt64(bytes, at + 38, state.transactionStart);
}

function readEntry(bytes: Buffer, at: number): ProducerState {
  const lastOffset = readInt64(bytes, at + 14);
  const lastTimestamp = readInt64(bytes, at + 26);
  const last: ProducerBatch = {
    lastSequence: bytes.readInt32BE(at + 10),
    lastOffset,
    offsetDelta: bytes.readInt32BE(at + 22),
    timestamp: lastTimestamp,
  };
  return {
    producerEpoch: bytes.readInt16BE(at + 8),
    coordinatorEpoch: bytes.readInt32BE(at + 34),
    transactionStart: readInt64(bytes, at + 38),
    lastTimestamp,
    batches: lastOffset < 0 ? [] : [last],
  };
}

function writeOlder(bytes: Buffer, start: number, state: ProducerState): number {
  const count = Math.max(0, state.batches.length - 1);
  let at = bytes.writeUInt8(count, start);
  for (const batch of state.batches.slice(0, count)) {
    bytes.writeInt32BE(batch.lastSequence, at);
    writeInt64(bytes, at + 4, batch.lastOffset);
    bytes.writeInt32BE(batch.offsetDelta, at + 12);
    writeInt64(bytes, at + 16, batch.timestamp);
    at += OLDER_BYTES;
  }
  return at;
}

function readBatch(bytes: Buffer, at: number): ProducerBatch {
  return {
    lastSequence: bytes.readInt32BE(at),
    lastOffset: readInt64(bytes, at + 4),
    offsetDelta: bytes.readInt32BE(at + 12),
    timestamp: readInt64(bytes, at + 16),
  };
}

function writeInt64(bytes: Buffer, at: number, value: number): void {
  const high = Math.floor(value / TWO_POW_32);
  bytes.writeInt32BE(high, at);
  bytes.writeUInt32BE(value - high * TWO_POW_32, at + 4);
}

function readInt64(bytes: Buffer, at: number): number {
  return bytes.readInt32BE(at) * TWO_POW_32 + bytes.readUInt32BE(at + 4);
}

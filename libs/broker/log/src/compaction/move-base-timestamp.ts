import {
  type RecordCursor,
  sizeOfVarint,
  sizeOfVarlong,
  writeVarint,
  writeVarlong,
} from '@weirhouse/kafka-protocol';

/**
 * The records of a batch, the cursor before the first, with `shiftMs` added to each time delta: as they
 * are stored when the batch's base time becomes that much smaller.
 */
export function moveBaseTimestamp(cursor: RecordCursor, shiftMs: number): Buffer {
  const records: Buffer[] = [];
  while (cursor.next()) {
    const delta = cursor.timestampDelta + shiftMs;
    const rest = cursor.bytes.subarray(cursor.offsetDeltaStart, cursor.recordEnd);
    const size = 1 + sizeOfVarlong(delta) + rest.length;
    const record = Buffer.alloc(sizeOfVarint(size) + size);
    // The attributes byte of a record is 0: nothing is defined for it.
    const at = writeVarlong(record, writeVarint(record, 0, size) + 1, delta);
    rest.copy(record, at);
    records.push(record);
  }
  return Buffer.concat(records);
}

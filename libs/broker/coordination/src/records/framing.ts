import { KafkaProtocolError, Reader, Writer } from '@weirhouse/kafka-protocol';

const VERSION_BYTES = 2;

/** A record as it lies in the log; a null value is a tombstone. */
export interface EncodedRecord {
  readonly key: Buffer;
  readonly value: Buffer | null;
}

/** Bytes after an int16: the type of a key, the version of a value. */
export function framed(version: number, write: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.writeInt16(version);
  write(writer);
  return Buffer.concat(writer.finish());
}

/** The int16 at the start and a reader of what follows. Throws KafkaProtocolError without one. */
export function unframed(bytes: Buffer): { readonly version: number; readonly reader: Reader } {
  if (bytes.length < VERSION_BYTES)
    throw new KafkaProtocolError('a coordinator record starts with an int16 version');
  return {
    version: bytes.readInt16BE(0),
    reader: new Reader(bytes, VERSION_BYTES, bytes.length),
  };
}

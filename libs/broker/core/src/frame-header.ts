import { type Reader, Writer } from '@weirhouse/kafka-protocol';

import type { AnyHandler } from './handler.ts';

/** The API key of ApiVersions: the only response that keeps header v0 in flexible versions. */
export const API_VERSIONS_KEY = 18;

/** Bytes before the client id: key, version, correlation id. */
const FIXED_HEADER_BYTES = 8;

/** The start of every request header. */
export interface RequestStart {
  readonly apiKey: number;
  readonly version: number;
  readonly correlationId: number;
}

/** Reads key, version and correlation id; undefined when the frame is too short to have them. */
export function readRequestStart(frame: Buffer): RequestStart | undefined {
  if (frame.length < FIXED_HEADER_BYTES) return undefined;
  return {
    apiKey: frame.readInt16BE(0),
    version: frame.readInt16BE(2),
    correlationId: frame.readInt32BE(4),
  };
}

/**
 * Reads the rest of the header and leaves the reader at the body. The client id stays a non-compact
 * string in header v2. Throws KafkaProtocolError.
 */
export function readHeaderRest(reader: Reader, isFlexible: boolean): string | null {
  reader.enter('request header');
  reader.take(FIXED_HEADER_BYTES);
  const clientId = reader.readNullableString();
  if (isFlexible) reader.readTaggedFields();
  return clientId;
}

/** Encodes an answer with its length prefix and header. */
export function encodeAnswer(
  start: RequestStart,
  handler: AnyHandler,
  body: (writer: Writer) => void,
): Buffer[] {
  const writer = new Writer();
  writer.writeInt32(0);
  writer.writeInt32(start.correlationId);
  if (start.version >= handler.schema.flexibleFrom && start.apiKey !== API_VERSIONS_KEY)
    writer.writeTaggedFields(undefined);
  body(writer);
  const bytes = writer.size() - 4;
  const chunks = writer.finish();
  chunks[0]?.writeInt32BE(bytes, 0);
  return chunks;
}

/** Encodes a raw SASL token of the handshake v0 way: length and bytes, no header. */
export function encodeRawToken(token: Buffer): Buffer[] {
  const frame = Buffer.allocUnsafe(4 + token.length);
  frame.writeInt32BE(token.length, 0);
  token.copy(frame, 4);
  return [frame];
}

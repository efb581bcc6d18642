/** Compression of a batch's records: bits 0-2 of the batch's attributes. */
export const Codec = { NONE: 0, GZIP: 1, SNAPPY: 2, LZ4: 3, ZSTD: 4 } as const;

/** A codec that Kafka defines. What bytes say is a plain number, as it may be none of these. */
export type Codec = (typeof Codec)[keyof typeof Codec];

/** Codec names as configs and clients write them, by codec number. */
export const CODEC_NAMES = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

/** Compression as a port: the bytes of a batch's records in, out as one new buffer. Synchronous. */
export interface Codecs {
  /**
   * Compresses `bytes`; `Codec.NONE` gives them back as they are. `level` is the codec's own measure of
   * effort, its default when absent or for a codec that has but one.
   */
  compress(codec: Codec, bytes: Buffer, level?: number): Buffer;
  /**
   * Gives the whole output. Throws KafkaProtocolError for malformed input, for an unknown codec and
   * for an output above `maxBytes`, of which no more than that is ever held.
   */
  decompress(codec: number, bytes: Buffer, maxBytes: number): Buffer;
}

import { Codec, type Codecs, KafkaProtocolError } from '@weirhouse/kafka-protocol';

/** What a batch of a few MiB may grow to; beyond that somebody wants to harm. */
export const DECOMPRESSED_BYTES_MAX = 67_108_864;

/** For a store without codecs: what is not compressed passes, the rest is a KafkaProtocolError. */
export const PLAIN_ONLY: Codecs = {
  compress: (_codec, bytes) => bytes,
  decompress: (codec, bytes) => {
    if (codec === Codec.NONE) return bytes;
    throw new KafkaProtocolError('no codecs were given');
  },
};

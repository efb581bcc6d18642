const SEED = 0x9747_b28c;
const MULTIPLIER = 0x5bd1_e995;
const INT32_MIN = -2_147_483_648;

/** MurmurHash2 with Kafka's seed, as a signed 32-bit number: the hash of Java's default partitioner. */
export function murmur2(bytes: Buffer): number {
  const length = bytes.length;
  const tail = length & ~3;
  let hash = SEED ^ length;
  for (let at = 0; at < tail; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), MULTIPLIER);
    word = Math.imul(word ^ (word >>> 24), MULTIPLIER);
    hash = Math.imul(hash, MULTIPLIER) ^ word;
  }
  if (length > tail) {
    hash ^= bytes.readUIntLE(tail, length - tail);
    hash = Math.imul(hash, MULTIPLIER);
  }
  hash = Math.imul(hash ^ (hash >>> 13), MULTIPLIER);
  return hash ^ (hash >>> 15);
}

/** The partition of a key that is not null, as Java's default partitioner and most clients choose. */
export function partitionOfKey(key: Buffer, partitionCount: number): number {
  return (murmur2(key) & 0x7fff_ffff) % partitionCount;
}

/** Java's `String.hashCode` over UTF-16 code units, as a signed 32-bit number. */
export function javaStringHash(text: string): number {
  let hash = 0;
  // Not by code point: Java counts each half of a surrogate pair.
  // oxlint-disable-next-line unicorn/prefer-code-point
  for (let at = 0; at < text.length; at += 1)
    hash = (Math.imul(hash, 31) + text.charCodeAt(at)) | 0;
  return hash;
}

/**
 * The partition of `__consumer_offsets` or `__transaction_state` that owns a group or transactional
 * id. Kafka takes the absolute value of the smallest int32, which has none, as 0.
 */
export function coordinatorPartition(id: string, partitionCount: number): number {
  const hash = javaStringHash(id);
  return hash === INT32_MIN ? 0 : Math.abs(hash) % partitionCount;
}

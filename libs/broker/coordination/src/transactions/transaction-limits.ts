/** Transactional ids in one shard: clients that invent ids must not be able to fill the memory. */
export const TRANSACTIONAL_IDS_MAX = 100_000;

/**
 * The largest producer epoch (int16). It serves to fence only: whoever holds the one below gets a
 * new producer id, so there is always an epoch left that shuts a producer out.
 */
export const PRODUCER_EPOCH_MAX = 32_767;

/** Room kept in a batch for its header, the transactional id's framing and the fixed fields. */
export const TRANSACTION_OVERHEAD_BYTES = 256;

/** First wait before markers that failed are sent again; doubled with every failure in a row. */
export const MARKER_BACKOFF_MIN_MS = 20;

/** Longest wait before markers are sent again: a partition without a leader is asked this often. */
export const MARKER_BACKOFF_MAX_MS = 2_000;

/** Markers that nobody reported on are sent again after this: Kafka's `request.timeout.ms`. */
export const MARKER_TIMEOUT_MS = 30_000;

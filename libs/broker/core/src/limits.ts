/** Largest frame before authentication, as Kafka's sasl.server.max.receive.size: a stranger cannot make us hold more. */
export const PRE_AUTH_FRAME_BYTES_MAX = 524_288;

/** Heap that decoding one request may cost before authentication: the longest honest one needs some KiB. */
export const PRE_AUTH_HEAP_BYTES_MAX = 1_048_576;

/** Requests a connection may send before it is authenticated; the longest honest exchange needs six. */
export const PRE_AUTH_REQUESTS_MAX = 16;

/** Time to authenticate when none is set. Kafka has none but the idle limit; a stranger does not get ten minutes here. */
export const AUTHENTICATION_MS_MAX = 30_000;

/** A session is begun anew at most this often (KIP-368): every time costs a login. */
export const REAUTHENTICATION_INTERVAL_MS_MIN = 1_000;

/** Characters of a bearer token; those of large identity providers have some thousand. */
export const OAUTHBEARER_TOKEN_LENGTH_MAX = 32_768;

/** Produce requests of one connection that may be waiting for durability at once; clients use 5, sarama more. */
export const PIPELINED_PRODUCES_MAX = 64;

/** Bytes of frames that wait over all connections; beyond it a connection that must wait is closed. */
export const QUEUED_FRAME_BYTES_TOTAL_MAX = 268_435_456;

/** How often the volume's room is looked at: a broker that waits for space goes on this soon after it came. */
export const DISK_CHECK_INTERVAL_MS = 1_000;

/** How often the bytes of all logs are added up where the platform limits them. */
export const STORAGE_CHECK_INTERVAL_MS = 1_000;

/** Produce requests wait this long for space on the disk; later ones are refused so that clients know. */
export const PRODUCE_HOLD_MS_MAX = 10_000;

/** Partitions one request may name. Ten times Kafka's advised ceiling for a cluster of our size. */
export const REQUEST_PARTITIONS_MAX = 200_000;

/** Incremental fetch session slots (max.incremental.fetch.session.cache.slots). */
export const FETCH_SESSIONS_MAX = 1_000;

/** Age after which an unused fetch session may be evicted (min.incremental.fetch.session.eviction.ms). */
export const FETCH_SESSION_EVICTION_MS = 120_000;

/** Longest wait a fetch may ask for; more is cut to this so that a deadline always fits the wheel's range. */
export const FETCH_WAIT_MS_MAX = 3_600_000;

/** Longest wait a produce may ask for, for the same reason. */
export const PRODUCE_WAIT_MS_MAX = 3_600_000;

/** One read of a log while it is replayed at start. */
export const REPLAY_READ_BYTES = 1_048_576;

/** PLAIN passwords found right are remembered this long, as a keyed hash, so that PBKDF2 is not run for each connection. */
export const PLAIN_CACHE_MS = 300_000;

/** Entries of the PLAIN cache: one per user and process is usual. */
export const PLAIN_CACHE_ENTRIES_MAX = 10_000;

/** PBKDF2 runs at once over all connections; each occupies a pool thread for some milliseconds. */
export const PLAIN_CHECKS_MAX = 64;

/** Controller operations that may wait; each is answered within one durable write, so this is seconds of work. */
export const METADATA_QUEUE_MAX = 10_000;

/** Logs opened at once in the background after a start: some milliseconds of the event loop. */
export const PARTITIONS_OPENED_PER_SLOT = 32;

/** How often it is looked whether the metadata's snapshot interval has passed (metadata.log.max.snapshot.interval.ms). */
export const SNAPSHOT_CHECK_INTERVAL_MS = 60_000;

/** Idle connections are looked for this often, or in half their time: they live this much longer at most. */
export const IDLE_SWEEP_INTERVAL_MS = 15_000;

/** A transaction is late when its producer is silent for longer than the longest timeout and this. */
export const LATE_TRANSACTION_MARGIN_MS = 300_000;

/** Principals whose use is counted apart; the rest is counted together. Some MiB at most with their APIs. */
export const USAGE_PRINCIPALS_MAX = 2_000;

/** Topics of principals that are counted apart: 100 bytes each in a report that is made once a minute. */
export const USAGE_SERIES_MAX = 10_000;

/** A counter that has not moved for this long is forgotten; its readers come every minute. */
export const USAGE_IDLE_MS = 3_600_000;

/** Topics of which a usage report tells the size; those with most bytes. */
export const USAGE_TOPICS_MAX = 10_000;

/** Lags that a usage report tells, the largest ones. */
export const USAGE_LAGS_MAX = 2_000;

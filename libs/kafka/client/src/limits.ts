/** Longest answer taken, in bytes: metadata of 100,000 partitions fits, a wrong peer does not. */
export const RESPONSE_BYTES_MAX = 64 * 1024 * 1024;

/** Most requests of one connection without an answer: more means that the broker is stuck. */
export const IN_FLIGHT_MAX = 128;

/** Time to connect, negotiate and log in. */
export const CONNECT_TIMEOUT_MS = 5_000;

/** Time from sending a request to its answer; Kafka's own clients wait 30 s. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Share of a session's life (KIP-368) after which a new connection is made instead. */
export const SESSION_LIFE_SHARE = 0.85;

/** Most SCRAM iterations a client works for, so that a wrong peer cannot keep it busy (KIP-554). */
export const SCRAM_ITERATIONS_MAX = 16_384;

/** Fewest SCRAM iterations a client accepts (RFC 7677). */
export const SCRAM_ITERATIONS_MIN = 4_096;

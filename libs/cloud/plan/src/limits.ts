/** First pause before a crashed broker is started again. */
export const RESTART_BACKOFF_FIRST_MS = 500;

/** Longest pause between restarts: a broken disk is tried about once in a person's patience. */
export const RESTART_BACKOFF_MAX_MS = 60_000;

/** Exits in a row after which a cluster that never worked is shown as FAILED; retries go on. */
export const FAILED_AFTER_EXITS = 5;

/** How often a starting broker is looked at: well under the 0.3 s that a cold start takes. */
export const READY_POLL_MS = 100;

/** How often a broker that was told its limits is asked for them: it looks twice a second. */
export const LIMITS_POLL_MS = 250;

/** How often something that could not be observed is looked at again. */
export const OBSERVATION_RETRY_MS = 1_000;

/** Most steps of one pass: the rest follows in the next one, on a fresh observation. */
export const ACTIONS_PER_PASS_MAX = 200;

/** Differences that a condition names; a person looks for the rest after the first ones. */
export const DIFFERENCES_SHOWN_MAX = 5;

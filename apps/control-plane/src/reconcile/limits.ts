/** How long leadership lasts without being renewed. */
export const LEASE_MS = 15_000;

/** How often leadership is renewed: two renewals may fail before it is lost. */
export const LEASE_RENEW_MS = 5_000;

/** How often a process without leadership tries to get it. */
export const LEASE_RETRY_MS = 2_000;

/** How often the outbox is read without being woken: the wake-up may be lost. */
export const OUTBOX_POLL_MS = 2_000;

/** Outbox rows taken at once. */
export const OUTBOX_BATCH_ROWS = 500;

/** How often a quiet cluster is looked at; what a watcher missed is noticed then. */
export const RESYNC_MS = 30_000;

/** Share of the resync time by which it varies, so that clusters spread out. */
export const RESYNC_JITTER = 0.2;

/** Clusters worked on at the same time: most of the time is spent waiting for brokers. */
export const WORKERS_MAX = 8;

/** Most keys in the queue: above the clusters of one installation; what is left out is resynced. */
export const QUEUE_KEYS_MAX = 100_000;

/** First pause after a failed pass. */
export const BACKOFF_FIRST_MS = 200;

/** Longest pause after failed passes. */
export const BACKOFF_MAX_MS = 300_000;

/** Operations remembered per cluster; older ones are removed when a new one begins. */
export const OPERATIONS_KEPT = 100;

/** Time that a call to a cluster's brokers may take. */
export const ADMIN_TIMEOUT_MS = 10_000;

/** Time after which a pass begins no further step: each step has limits of its own. */
export const PASS_MAX_MS = 60_000;

/** Pause between resyncs of two clusters: thousands are looked at less often than a few. */
export const RESYNC_SPACING_MS = 20;

/** How long a look may take before the reconciler counts as stuck: three times what a pass begins steps for. */
export const STALL_MAX_MS = 3 * PASS_MAX_MS;

/** How long the end of the process waits for the steps in hand; the next start takes them up. */
export const STOP_MAX_MS = 15_000;

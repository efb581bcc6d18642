/** Kafka's default of `group.max.size`: no limit of its own. */
export const GROUP_SIZE_UNLIMITED = 2_147_483_647;

/**
 * Members one classic group can have whatever `group.max.size` says: the leader's join answer
 * carries the metadata of all of them and must stay far below the largest response.
 */
export const GROUP_MEMBERS_MAX = 20_000;

/** Ids given out with MEMBER_ID_REQUIRED and not yet used, per group: they cost a timer each. */
export const PENDING_MEMBERS_MAX = 20_000;

/** Groups in one shard: a client that invents group ids must not be able to fill the memory. */
export const GROUPS_PER_SHARD_MAX = 100_000;

/** Protocols (assignors) in one join; real clients list fewer than ten. */
export const MEMBER_PROTOCOLS_MAX = 128;

/** Bytes of metadata over all protocols of one join; Kafka Streams sends tens of kilobytes. */
export const MEMBER_METADATA_BYTES_MAX = 8 * 1024 * 1024;

/** Bytes of metadata that all members of one group may hold: a leader is sent most of it. */
export const GROUP_METADATA_BYTES_MAX = 64 * 1024 * 1024;

/** UTF-16 units of a client id that go into a member id, which must stay a short string. */
export const MEMBER_ID_PREFIX_LENGTH_MAX = 255;

/** Characters of a `group.instance.id`: Kafka applies the rule of topic names to it (KIP-345). */
export const INSTANCE_ID_LENGTH_MAX = 249;

/**
 * How long a join of a member that has no id yet may wait. Its session timeout cannot serve: it
 * cannot send heartbeats, and a client that gave up is seen only by this limit.
 */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;

/** Kafka's `offset.metadata.max.bytes`; like Kafka, it is counted in UTF-16 units. */
export const OFFSET_METADATA_LENGTH_MAX = 4096;

/** Room kept in a batch for its header and for one record's framing, in bytes. */
export const RECORD_OVERHEAD_BYTES = 256;

/** Shortest time between two looks at all topics for the patterns of one group, as in Kafka. */
export const PATTERN_CHECK_INTERVAL_MS = 10_000;

import { atLeast, between } from './checks.ts';
import { type ConfigDefinition, define, LONG_MAX } from './definition.ts';

/** Broker settings about remote storage. */
export const BROKER_TIER_CONFIGS: readonly ConfigDefinition[] = [
  define('remote.log.storage.system.enable', 'BOOLEAN', 'false', {
    doc: 'Whether closed segments are also kept in remote storage.',
  }),
  define('remote.log.storage.manager.impl.prefix', 'STRING', 'rsm.config.', {
    doc: 'The prefix of settings that are handed to the remote storage plug-in.',
  }),
  define('remote.log.metadata.manager.impl.prefix', 'STRING', 'rlmm.config.', {
    doc: 'The prefix of settings that are handed to the plug-in that keeps remote metadata.',
  }),
  define('remote.log.storage.manager.class.name', 'STRING', null, {
    doc: 'The class of the remote storage plug-in.',
  }),
  define('remote.log.storage.manager.class.path', 'STRING', null, {
    doc: 'Where the classes of the remote storage plug-in are found.',
  }),
  define(
    'remote.log.metadata.manager.class.name',
    'STRING',
    'org.apache.kafka.server.log.remote.metadata.storage.TopicBasedRemoteLogMetadataManager',
    {
      doc: 'The class of the plug-in that keeps the metadata of remote segments.',
    },
  ),
  define('remote.log.metadata.manager.class.path', 'STRING', null, {
    doc: 'Where the classes of the remote metadata plug-in are found.',
  }),
  define('remote.log.metadata.manager.listener.name', 'STRING', null, {
    doc: 'The listener that the remote metadata plug-in connects to.',
  }),
  define('remote.log.metadata.custom.metadata.max.bytes', 'INT', '128', {
    check: atLeast(0),
    doc: 'The most bytes of its own that the storage plug-in may attach to a segment.',
  }),
  define('remote.log.index.file.cache.total.size.bytes', 'LONG', '1073741824', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Bytes of indexes of remote segments that are kept on the local disk.',
  }),
  define('remote.log.index.file.cache.ttl.ms', 'LONG', '900000', {
    check: atLeast(-1),
    internal: true,
    doc: 'An index of a remote segment that is unused for this long leaves the local disk.',
  }),
  define('remote.log.manager.thread.pool.size', 'INT', '2', {
    check: atLeast(1),
    doc: 'Threads that schedule the work on remote segments.',
  }),
  define('remote.log.manager.copier.thread.pool.size', 'INT', '10', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that copy segments to remote storage.',
  }),
  define('remote.log.manager.expiration.thread.pool.size', 'INT', '10', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that remove remote segments that have passed their retention.',
  }),
  define('remote.log.manager.follower.thread.pool.size', 'INT', '2', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that follow the remote state of partitions led elsewhere.',
  }),
  define('remote.log.manager.task.interval.ms', 'LONG', '30000', {
    check: atLeast(1),
    doc: 'How often the remote tasks of a partition run.',
  }),
  define('remote.log.manager.task.retry.backoff.ms', 'LONG', '500', {
    check: atLeast(1),
    internal: true,
    doc: 'The first pause before a failed remote task is tried again.',
  }),
  define('remote.log.manager.task.retry.backoff.max.ms', 'LONG', '30000', {
    check: atLeast(1),
    internal: true,
    doc: 'The longest pause before a failed remote task is tried again.',
  }),
  define('remote.log.manager.task.retry.jitter', 'DOUBLE', '0.2', {
    check: between(0, 0.5),
    internal: true,
    doc: 'The random share of the pause before a failed remote task is tried again.',
  }),
  define('remote.log.reader.threads', 'INT', '10', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that read remote segments for consumers.',
  }),
  define('remote.log.reader.max.pending.tasks', 'INT', '100', {
    check: atLeast(1),
    doc: 'Reads of remote segments that may wait for a thread.',
  }),
  define('remote.log.manager.copy.max.bytes.per.second', 'LONG', LONG_MAX, {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Bytes per second that this broker copies to remote storage at most.',
  }),
  define('remote.log.manager.copy.quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring the rate of copies to remote storage.',
  }),
  define('remote.log.manager.copy.quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for the rate of copies to remote storage, in seconds.',
  }),
  define('remote.log.manager.fetch.max.bytes.per.second', 'LONG', LONG_MAX, {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Bytes per second that this broker reads from remote storage at most.',
  }),
  define('remote.log.manager.fetch.quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring the rate of reads from remote storage.',
  }),
  define('remote.log.manager.fetch.quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for the rate of reads from remote storage, in seconds.',
  }),
  define('remote.fetch.max.wait.ms', 'INT', '500', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'The longest wait of a fetch for remote storage.',
  }),
  define('remote.list.offsets.request.timeout.ms', 'LONG', '30000', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'The longest wait of a look-up of offsets in remote storage.',
  }),
  define('follower.fetch.last.tiered.offset.enable', 'BOOLEAN', 'false', {
    dynamic: 'cluster-wide',
    doc: 'Whether a new follower begins at the end of what is in remote storage.',
  }),
];

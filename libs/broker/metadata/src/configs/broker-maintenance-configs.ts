import { atLeast, distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about the upkeep of logs and of transactions. */
export const BROKER_MAINTENANCE_CONFIGS: readonly ConfigDefinition[] = [
  define('log.dir', 'LIST', null, {
    check: distinctList(1),
    doc: 'The folder that holds the data of this broker, where log.dirs is not set.',
  }),
  define('cordoned.log.dirs', 'LIST', '', {
    check: distinctList(),
    dynamic: 'per-broker',
    doc: 'Log directories that get no new partitions.',
  }),
  define('log.flush.offset.checkpoint.interval.ms', 'INT', '60000', {
    check: atLeast(0),
    doc: 'How often the offsets up to which logs are on disk are written down.',
  }),
  define('log.flush.start.offset.checkpoint.interval.ms', 'INT', '60000', {
    check: atLeast(0),
    doc: 'How often the start offsets of logs are written down.',
  }),
  define('num.recovery.threads.per.data.dir', 'INT', '2', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that recover the logs of one directory.',
  }),
  define('log.initial.task.delay.ms', 'LONG', '30000', {
    check: atLeast(0),
    internal: true,
    doc: 'The pause between the start and the first maintenance of logs.',
  }),
  define('log.cleaner.threads', 'INT', '1', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'Threads that compact logs; with 0 nothing is compacted.',
  }),
  define('log.cleaner.io.max.bytes.per.second', 'DOUBLE', '1.7976931348623157E308', {
    dynamic: 'cluster-wide',
    doc: 'Bytes per second that compaction reads and writes at most.',
  }),
  define('log.cleaner.dedupe.buffer.size', 'LONG', '134217728', {
    check: atLeast(1_048_576),
    dynamic: 'cluster-wide',
    doc: 'Bytes of memory for the keys that compaction has seen.',
  }),
  define('log.cleaner.io.buffer.size', 'INT', '524288', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'Bytes of memory for what compaction reads and writes.',
  }),
  define('log.cleaner.io.buffer.load.factor', 'DOUBLE', '0.9', {
    dynamic: 'cluster-wide',
    doc: 'How full the memory for keys may become.',
  }),
  define('transaction.state.log.load.buffer.size', 'INT', '5242880', {
    check: atLeast(1),
    doc: 'Bytes that are read at once when transactions are loaded.',
  }),
  define('producer.id.expiration.check.interval.ms', 'INT', '600000', {
    check: atLeast(1),
    internal: true,
    doc: 'How often silent idempotent producers are looked for.',
  }),
  define('transaction.abort.timed.out.transaction.cleanup.interval.ms', 'INT', '10000', {
    check: atLeast(1),
    doc: 'How often transactions that have passed their timeout are aborted.',
  }),
  define('transaction.remove.expired.transaction.cleanup.interval.ms', 'INT', '3600000', {
    check: atLeast(1),
    doc: 'How often idle transactional ids are looked for.',
  }),
  define('transaction.two.phase.commit.enable', 'BOOLEAN', 'false', {
    doc: 'Whether a transaction may be left prepared for as long as its owner wants.',
  }),
  define('add.partitions.to.txn.retry.backoff.max.ms', 'INT', '100', {
    check: atLeast(0),
    doc: 'The longest wait of a write for its transaction to be known.',
  }),
  define('add.partitions.to.txn.retry.backoff.ms', 'INT', '20', {
    check: atLeast(1),
    doc: 'The pause before the coordinator is asked about a transaction again.',
  }),
];

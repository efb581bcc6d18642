import { atLeast } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about replicas and their leaders. */
export const BROKER_REPLICATION_CONFIGS: readonly ConfigDefinition[] = [
  define('num.replica.fetchers', 'INT', '1', {
    check: atLeast(1),
    dynamic: 'cluster-wide',
    doc: 'Threads that fetch from one other broker.',
  }),
  define('num.replica.alter.log.dirs.threads', 'INT', null, {
    doc: 'Threads that move replicas between log directories.',
  }),
  define('replica.socket.timeout.ms', 'INT', '30000', {
    doc: 'How long a follower waits for the answer to a fetch.',
  }),
  define('replica.socket.receive.buffer.bytes', 'INT', '65536', {
    doc: "The receive buffer of a follower's connection in the kernel, in bytes.",
  }),
  define('replica.fetch.max.bytes', 'INT', '1048576', {
    check: atLeast(0),
    doc: 'Bytes of one partition that a follower asks for at once.',
  }),
  define('replica.fetch.wait.max.ms', 'INT', '500', {
    doc: "How long a leader may hold a follower's fetch back.",
  }),
  define('replica.fetch.backoff.ms', 'INT', '1000', {
    check: atLeast(0),
    doc: 'The pause of a follower after a failed fetch.',
  }),
  define('replica.fetch.min.bytes', 'INT', '1', {
    doc: "Bytes that a follower's fetch waits for.",
  }),
  define('replica.fetch.response.max.bytes', 'INT', '10485760', {
    check: atLeast(0),
    doc: 'Bytes of all partitions in one answer to a follower.',
  }),
  define('replica.high.watermark.checkpoint.interval.ms', 'LONG', '5000', {
    doc: 'How often high watermarks are written to disk.',
  }),
  define('replica.selector.class', 'STRING', null, {
    doc: 'The class that chooses the replica a consumer should read from.',
  }),
  define('fetch.purgatory.purge.interval.requests', 'INT', '1000', {
    doc: 'Finished fetches after which the list of waiting ones is cleaned.',
  }),
  define('producer.purgatory.purge.interval.requests', 'INT', '1000', {
    doc: 'Finished produce requests after which the list of waiting ones is cleaned.',
  }),
  define('delete.records.purgatory.purge.interval.requests', 'INT', '1', {
    doc: 'Finished deletions after which the list of waiting ones is cleaned.',
  }),
  define('auto.leader.rebalance.enable', 'BOOLEAN', 'true', {
    doc: 'Whether leadership goes back to preferred replicas by itself.',
  }),
  define('leader.imbalance.check.interval.seconds', 'LONG', '300', {
    check: atLeast(1),
    doc: 'How often it is checked whether preferred replicas lead, in seconds.',
  }),
  define('unclean.leader.election.interval.ms', 'LONG', '300000', {
    check: atLeast(1),
    internal: true,
    doc: 'How often partitions without a leader are looked at for an unclean election.',
  }),
  define('initial.broker.registration.timeout.ms', 'INT', '60000', {
    doc: 'A starting broker that cannot register for this long ends.',
  }),
  define('log.dir.failure.timeout.ms', 'LONG', '30000', {
    check: atLeast(1),
    doc: 'A broker that cannot tell the controller of a failed log directory for this long ends.',
  }),
  define('controller.socket.timeout.ms', 'INT', '30000', {
    doc: 'How long the controller waits for the answer of a broker.',
  }),
];

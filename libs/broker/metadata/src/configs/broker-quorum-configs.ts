import { atLeast, distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about controllers and the metadata log. */
export const BROKER_QUORUM_CONFIGS: readonly ConfigDefinition[] = [
  define('controller.listener.names', 'LIST', null, {
    check: distinctList(1),
    doc: 'The listeners that controllers use among themselves.',
  }),
  define('sasl.mechanism.controller.protocol', 'STRING', 'GSSAPI', {
    doc: 'The SASL mechanism between controllers.',
  }),
  define('controller.performance.sample.period.ms', 'LONG', '60000', {
    check: atLeast(100),
    internal: true,
    doc: 'How often the controller reports how busy it is.',
  }),
  define('controller.performance.always.log.threshold.ms', 'LONG', '2000', {
    check: atLeast(0),
    internal: true,
    doc: 'A controller operation that takes longer than this is always logged.',
  }),
  define('metadata.log.max.snapshot.interval.ms', 'LONG', '3600000', {
    check: atLeast(0),
    doc: 'The longest time between two snapshots of a changed metadata log; 0 sets no limit.',
  }),
  define('metadata.log.dir', 'STRING', null, {
    doc: 'The folder of the metadata log, where it differs from log.dirs.',
  }),
  define('metadata.log.segment.bytes', 'INT', '1073741824', {
    check: atLeast(8_388_608),
    doc: 'Segment size of the metadata log.',
  }),
  define('metadata.log.segment.ms', 'LONG', '604800000', {
    doc: 'A segment of the metadata log older than this is closed.',
  }),
  define('metadata.max.retention.bytes', 'LONG', '104857600', {
    doc: 'The oldest metadata behind a snapshot goes when the log is larger than this.',
  }),
  define('metadata.max.retention.ms', 'LONG', '604800000', {
    doc: 'Metadata behind a snapshot goes when it is older than this.',
  }),
  define('metadata.max.idle.interval.ms', 'INT', '500', {
    check: atLeast(0),
    doc: 'A controller without work writes an empty record this often; 0 never.',
  }),
  define('internal.metadata.log.segment.bytes', 'INT', null, {
    internal: true,
    doc: 'For tests: a segment size of the metadata log below its minimum.',
  }),
  define('internal.metadata.max.batch.size.in.bytes', 'INT', '8388608', {
    internal: true,
    doc: 'For tests: the largest batch of the metadata log.',
  }),
  define('internal.metadata.delete.delay.millis', 'LONG', '60000', {
    internal: true,
    doc: 'For tests: how long removed metadata segments stay on disk.',
  }),
  define('controller.quorum.voters', 'LIST', '', {
    doc: 'The controllers of a quorum whose voters are fixed, each as id@host:port.',
  }),
  define('controller.quorum.bootstrap.servers', 'LIST', '', {
    doc: 'Where a node finds the controllers of its quorum.',
  }),
  define('controller.quorum.election.timeout.ms', 'INT', '1000', {
    check: atLeast(0),
    doc: 'A controller that hears of no leader for this long stands for election.',
  }),
  define('controller.quorum.fetch.timeout.ms', 'INT', '2000', {
    check: atLeast(0),
    doc: 'A controller that cannot fetch from its leader for this long stands for election.',
  }),
  define('controller.quorum.election.backoff.max.ms', 'INT', '1000', {
    check: atLeast(0),
    doc: 'The longest pause between two elections.',
  }),
  define('controller.quorum.append.linger.ms', 'INT', '25', {
    check: atLeast(0),
    doc: 'How long metadata records wait to be written together.',
  }),
  define('controller.quorum.request.timeout.ms', 'INT', '2000', {
    check: atLeast(0),
    doc: 'How long a controller waits for the answer of another one.',
  }),
  define('controller.quorum.retry.backoff.ms', 'INT', '20', {
    check: atLeast(0),
    doc: 'The pause of a controller after a failed request.',
  }),
  define('controller.quorum.auto.join.enable', 'BOOLEAN', 'false', {
    doc: 'Whether a new controller joins the quorum by itself.',
  }),
  define('controller.quorum.fetch.snapshot.max.bytes', 'INT', '1048576', {
    check: atLeast(1),
    doc: 'Bytes of a snapshot that are asked for at once.',
  }),
  define('controller.quorum.fetch.max.bytes', 'INT', '1048576', {
    check: atLeast(1),
    doc: 'Bytes of the metadata log that are asked for at once.',
  }),
];

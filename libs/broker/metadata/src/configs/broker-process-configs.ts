import { atLeast, distinctList, listOf } from './checks.ts';
import { type ConfigDefinition, define, LONG_MAX } from './definition.ts';

/** Broker settings about the process: threads, plug-ins, metrics and quota windows. */
export const BROKER_PROCESS_CONFIGS: readonly ConfigDefinition[] = [
  define('process.roles', 'LIST', null, {
    check: listOf('broker', 'controller'),
    doc: 'What this process is: broker, controller or both.',
  }),
  define('config.providers', 'LIST', '', {
    check: distinctList(),
    dynamic: 'cluster-wide',
    doc: 'Names of plug-ins that fetch the values of settings from elsewhere.',
  }),
  define('authorizer.class.name', 'STRING', '', {
    doc: 'The class that decides who may do what.',
  }),
  define('create.topic.policy.class.name', 'CLASS', null, {
    doc: 'The class that may refuse the creation of a topic.',
  }),
  define('alter.config.policy.class.name', 'CLASS', null, {
    doc: 'The class that may refuse a change of settings.',
  }),
  define('security.providers', 'STRING', null, {
    doc: 'Classes that provide security algorithms to the JVM.',
  }),
  define(
    'principal.builder.class',
    'CLASS',
    'org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder',
    {
      dynamic: 'per-broker',
      doc: 'The class that makes a principal of what authentication has found.',
    },
  ),
  define('client.quota.callback.class', 'CLASS', null, {
    doc: 'The class that decides which quota applies to a client.',
  }),
  define('metrics.num.samples', 'INT', '2', {
    check: atLeast(1),
    doc: "Samples that a rate of the process's metrics is computed over.",
  }),
  define('metrics.sample.window.ms', 'LONG', '30000', {
    check: atLeast(1),
    doc: "Length of one sample of the process's metrics.",
  }),
  define('metric.reporters', 'LIST', 'org.apache.kafka.common.metrics.JmxReporter', {
    check: distinctList(),
    dynamic: 'cluster-wide',
    doc: "Classes that publish the process's metrics.",
  }),
  define('metrics.recording.level', 'STRING', 'INFO', {
    doc: 'The finest metrics that are recorded.',
  }),
  define('kafka.metrics.reporters', 'LIST', '', {
    check: distinctList(),
    doc: 'Classes that publish the metrics of the older kind.',
  }),
  define('kafka.metrics.polling.interval.secs', 'INT', '10', {
    check: atLeast(1),
    doc: 'How often the older metrics are published, in seconds.',
  }),
  define('telemetry.max.bytes', 'INT', '1048576', {
    check: atLeast(1),
    doc: 'The most bytes of metrics that a client may push at once.',
  }),
  define('controlled.shutdown.enable', 'BOOLEAN', 'true', {
    doc: 'Whether a broker hands its partitions over before it stops.',
  }),
  define('server.max.startup.time.ms', 'LONG', LONG_MAX, {
    check: atLeast(0),
    internal: true,
    doc: 'A start that takes longer than this is given up.',
  }),
  define('replication.quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring the rate of replication.',
  }),
  define('replication.quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for the rate of replication, in seconds.',
  }),
  define('alter.log.dirs.replication.quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring moves between log directories.',
  }),
  define('alter.log.dirs.replication.quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for moves between log directories, in seconds.',
  }),
  define('controller.quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring changes of topics against a quota.',
  }),
  define('controller.quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for changes of topics against a quota, in seconds.',
  }),
  define('leader.replication.throttled.rate', 'LONG', LONG_MAX, {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    internal: true,
    doc: 'Bytes per second that throttled replicas are sent from this broker at most.',
  }),
  define('follower.replication.throttled.rate', 'LONG', LONG_MAX, {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    internal: true,
    doc: 'Bytes per second that throttled replicas fetch to this broker at most.',
  }),
  define('replica.alter.log.dirs.io.max.bytes.per.second', 'LONG', LONG_MAX, {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    internal: true,
    doc: 'Bytes per second that moves between log directories may take at most.',
  }),
];

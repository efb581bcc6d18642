import { atLeast, between, distinctList, listOf, oneOf } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about identity, listeners, connections and who may connect. */
export const BROKER_NETWORK_CONFIGS: readonly ConfigDefinition[] = [
  define('node.id', 'INT', null, {
    check: atLeast(0),
    doc: 'The number of this broker in its cluster.',
  }),
  define('broker.rack', 'STRING', null, {
    doc: 'The availability zone or rack of this broker; replicas are spread over them.',
  }),
  define('listeners', 'LIST', 'PLAINTEXT://:9092', {
    check: distinctList(1),
    dynamic: 'per-broker',
    doc: 'The addresses this broker listens on, each as name://host:port.',
  }),
  define('advertised.listeners', 'LIST', null, {
    check: distinctList(1),
    doc: 'The addresses clients are told to use, where they differ from listeners.',
  }),
  define(
    'listener.security.protocol.map',
    'STRING',
    'SASL_SSL:SASL_SSL,PLAINTEXT:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    { doc: 'The security protocol of each listener name.', dynamic: 'per-broker' },
  ),
  define('inter.broker.listener.name', 'STRING', null, {
    doc: 'The listener that brokers use among themselves.',
  }),
  define('security.inter.broker.protocol', 'STRING', 'PLAINTEXT', {
    check: oneOf('PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'),
    doc: 'The security protocol between brokers when no inter-broker listener is named.',
  }),
  define('sasl.enabled.mechanisms', 'LIST', 'GSSAPI', {
    check: listOf('GSSAPI', 'PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512', 'OAUTHBEARER'),
    dynamic: 'per-broker',
    doc: 'The SASL mechanisms that clients may choose from.',
  }),
  define('sasl.mechanism.inter.broker.protocol', 'STRING', 'GSSAPI', {
    dynamic: 'per-broker',
    doc: 'The SASL mechanism between brokers.',
  }),
  define('sasl.server.max.receive.size', 'INT', '524288', {
    doc: 'The largest request, in bytes, before a connection has authenticated.',
  }),
  define('connections.max.reauth.ms', 'LONG', '0', {
    doc: 'A SASL session must be authenticated again after this time; 0 sets no limit.',
  }),
  define('connection.failed.authentication.delay.ms', 'INT', '100', {
    check: atLeast(0),
    doc: 'How long the answer to a failed authentication is held back.',
  }),
  define('super.users', 'STRING', '', {
    doc: 'Principals, separated by semicolons, for whom every operation is allowed.',
  }),
  define('allow.everyone.if.no.acl.found', 'BOOLEAN', 'false', {
    doc: 'Whether a resource without any ACL is open to everyone.',
  }),
  define('socket.request.max.bytes', 'INT', '104857600', {
    check: atLeast(1),
    doc: 'The largest request, in bytes, that is read from a connection.',
  }),
  define('connections.max.idle.ms', 'LONG', '600000', {
    doc: 'A connection without traffic for this long is closed.',
  }),
  define('max.connections', 'INT', '2147483647', {
    dynamic: 'cluster-wide',
    check: atLeast(0),
    doc: 'Connections this broker keeps open at one time.',
  }),
  define('max.connections.per.ip', 'INT', '2147483647', {
    dynamic: 'cluster-wide',
    check: atLeast(0),
    doc: 'Connections this broker keeps open at one time for one address.',
  }),
  define('fetch.max.bytes', 'INT', '57671680', {
    check: atLeast(1024),
    doc: 'The most bytes of records in one fetch response.',
  }),
  define('max.incremental.fetch.session.cache.slots', 'INT', '1000', {
    check: atLeast(0),
    doc: 'Incremental fetch sessions this broker remembers.',
  }),
  define('max.request.partition.size.limit', 'INT', '2000', {
    check: atLeast(1),
    doc: 'Partitions described by one response of DescribeTopicPartitions.',
  }),
  define('broker.heartbeat.interval.ms', 'INT', '2000', {
    doc: 'How often a broker tells the controller that it is alive.',
  }),
  define('broker.session.timeout.ms', 'INT', '9000', {
    doc: 'A broker that has been silent for this long is fenced.',
  }),
  define('quota.window.num', 'INT', '11', {
    check: atLeast(1),
    doc: 'Windows kept for measuring a rate against a quota.',
  }),
  define('quota.window.size.seconds', 'INT', '1', {
    check: atLeast(1),
    doc: 'Length of one window for measuring a rate against a quota, in seconds.',
  }),
  define('group.share.max.size', 'INT', '200', {
    check: between(1, 1000),
    doc: 'Members one share group may have.',
  }),
];

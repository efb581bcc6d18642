import { atLeast, listOf, oneOf } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

const GROUPS: readonly ConfigDefinition[] = [
  define('group.min.session.timeout.ms', 'INT', '6000', {
    doc: 'The shortest session timeout a member of a classic group may ask for.',
  }),
  define('group.max.session.timeout.ms', 'INT', '1800000', {
    doc: 'The longest session timeout a member of a classic group may ask for.',
  }),
  define('group.initial.rebalance.delay.ms', 'INT', '3000', {
    doc: 'How long an empty classic group waits for more members before its first assignment.',
  }),
  define('group.max.size', 'INT', '2147483647', {
    check: atLeast(1),
    doc: 'Members one classic group may have.',
  }),
  define('group.coordinator.rebalance.protocols', 'LIST', 'classic,consumer,streams', {
    check: listOf('classic', 'consumer', 'share', 'streams'),
    doc: 'The kinds of groups this broker coordinates.',
  }),
  define('group.consumer.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'A member of a consumer group that is silent for this long is removed.',
  }),
  define('group.consumer.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'How often members of consumer groups are told to send a heartbeat.',
  }),
  define('group.consumer.max.size', 'INT', '2147483647', {
    check: atLeast(1),
    doc: 'Members one consumer group may have.',
  }),
  define('group.consumer.assignors', 'LIST', 'uniform,range', {
    doc: 'The server-side assignors of consumer groups; the first one is the default.',
  }),
  define('group.consumer.migration.policy', 'STRING', 'bidirectional', {
    check: oneOf('bidirectional', 'upgrade', 'downgrade', 'disabled'),
    doc: 'In which directions a group may change between the classic and the consumer protocol.',
  }),
];

const OFFSETS: readonly ConfigDefinition[] = [
  define('offsets.topic.num.partitions', 'INT', '50', {
    check: atLeast(1),
    doc: 'Partitions of the topic that keeps group offsets; fixed once the topic exists.',
  }),
  define('offsets.topic.replication.factor', 'SHORT', '3', {
    check: atLeast(1),
    doc: 'Copies of each partition of the topic that keeps group offsets.',
  }),
  define('offsets.topic.segment.bytes', 'INT', '104857600', {
    check: atLeast(1),
    doc: 'Segment size of the topic that keeps group offsets.',
  }),
  define('offsets.retention.minutes', 'INT', '10080', {
    check: atLeast(1),
    doc: 'Offsets of a group that has been empty for this long are forgotten.',
  }),
  define('offsets.retention.check.interval.ms', 'LONG', '600000', {
    check: atLeast(1),
    doc: 'How often it is checked which offsets have passed their retention.',
  }),
  define('offset.metadata.max.bytes', 'INT', '4096', {
    doc: 'The longest note, in bytes, that may be committed with an offset.',
  }),
  define('offsets.commit.timeout.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'How long an offset commit waits for its replicas.',
  }),
];

const TRANSACTIONS: readonly ConfigDefinition[] = [
  define('transaction.state.log.num.partitions', 'INT', '50', {
    check: atLeast(1),
    doc: 'Partitions of the topic that keeps transactions; fixed once the topic exists.',
  }),
  define('transaction.state.log.replication.factor', 'SHORT', '3', {
    check: atLeast(1),
    doc: 'Copies of each partition of the topic that keeps transactions.',
  }),
  define('transaction.state.log.min.isr', 'INT', '2', {
    check: atLeast(1),
    doc: 'Replicas in sync that the topic that keeps transactions needs for a write.',
  }),
  define('transaction.state.log.segment.bytes', 'INT', '104857600', {
    check: atLeast(1),
    doc: 'Segment size of the topic that keeps transactions.',
  }),
  define('transaction.max.timeout.ms', 'INT', '900000', {
    check: atLeast(1),
    doc: 'The longest transaction timeout a producer may ask for.',
  }),
  define('transactional.id.expiration.ms', 'INT', '604800000', {
    check: atLeast(1),
    doc: 'A transactional id that has been idle for this long is forgotten.',
  }),
  define('transaction.partition.verification.enable', 'BOOLEAN', 'true', {
    dynamic: 'cluster-wide',
    doc: 'Whether a transactional write is checked with the coordinator before it is accepted.',
  }),
  define('producer.id.expiration.ms', 'INT', '86400000', {
    dynamic: 'cluster-wide',
    check: atLeast(1),
    doc: 'A partition forgets an idempotent producer that has been silent for this long.',
  }),
];

/** Broker settings about groups, their offsets and transactions. */
export const BROKER_COORDINATOR_CONFIGS: readonly ConfigDefinition[] = [
  ...GROUPS,
  ...OFFSETS,
  ...TRANSACTIONS,
];

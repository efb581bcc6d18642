import { atLeast } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about groups whose assignments the broker makes. */
export const BROKER_GROUP_CONFIGS: readonly ConfigDefinition[] = [
  define('group.coordinator.threads', 'INT', '4', {
    check: atLeast(1),
    doc: 'Threads that work for group coordinators.',
  }),
  define('group.coordinator.background.threads', 'INT', '2', {
    check: atLeast(1),
    doc: 'Threads for assignments and other long work of group coordinators.',
  }),
  define('group.coordinator.append.linger.ms', 'INT', '-1', {
    check: atLeast(-1),
    doc: 'How long records of groups wait to be written together; -1 adapts to the load.',
  }),
  define('group.coordinator.cached.buffer.max.bytes', 'INT', '1048588', {
    check: atLeast(524_288),
    dynamic: 'cluster-wide',
    doc: 'The largest buffer that group coordinators keep for their records.',
  }),
  define('offsets.load.buffer.size', 'INT', '5242880', {
    check: atLeast(1),
    doc: 'Bytes that are read at once when groups are loaded.',
  }),
  define('offsets.topic.compression.codec', 'INT', '0', {
    doc: 'The compression of the topic that keeps group offsets; 0 is none.',
  }),
  define('group.consumer.min.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'The shortest session timeout that a consumer group may be given.',
  }),
  define('group.consumer.max.session.timeout.ms', 'INT', '60000', {
    check: atLeast(1),
    doc: 'The longest session timeout that a consumer group may be given.',
  }),
  define('group.consumer.min.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'The shortest heartbeat interval that a consumer group may be given.',
  }),
  define('group.consumer.max.heartbeat.interval.ms', 'INT', '15000', {
    check: atLeast(1),
    doc: 'The longest heartbeat interval that a consumer group may be given.',
  }),
  define('group.consumer.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'The shortest time between two assignments of a consumer group.',
  }),
  define('group.consumer.min.assignment.interval.ms', 'INT', '0', {
    check: atLeast(0),
    doc: 'The shortest assignment interval that a consumer group may be given.',
  }),
  define('group.consumer.max.assignment.interval.ms', 'INT', '15000', {
    check: atLeast(0),
    doc: 'The longest assignment interval that a consumer group may be given.',
  }),
  define('group.consumer.regex.refresh.interval.ms', 'INT', '600000', {
    check: atLeast(10_000),
    internal: true,
    doc: 'How often subscriptions by pattern are worked out again.',
  }),
  define('group.streams.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'A member of a streams group that is silent for this long is removed.',
  }),
  define('group.streams.min.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'The shortest session timeout that a streams group may be given.',
  }),
  define('group.streams.max.session.timeout.ms', 'INT', '60000', {
    check: atLeast(1),
    doc: 'The longest session timeout that a streams group may be given.',
  }),
  define('group.streams.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'How often members of streams groups are told to send a heartbeat.',
  }),
  define('group.streams.min.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'The shortest heartbeat interval that a streams group may be given.',
  }),
  define('group.streams.max.heartbeat.interval.ms', 'INT', '15000', {
    check: atLeast(1),
    doc: 'The longest heartbeat interval that a streams group may be given.',
  }),
  define('group.streams.max.size', 'INT', '2147483647', {
    check: atLeast(1),
    doc: 'Members one streams group may have.',
  }),
  define('group.streams.num.standby.replicas', 'INT', '0', {
    check: atLeast(0),
    doc: 'Standby copies of each task of a streams group.',
  }),
  define('group.streams.max.standby.replicas', 'INT', '2', {
    check: atLeast(0),
    doc: 'The most standby copies that a streams group may be given.',
  }),
  define('group.streams.initial.rebalance.delay.ms', 'INT', '3000', {
    check: atLeast(0),
    doc: 'How long an empty streams group waits for more members before its first assignment.',
  }),
  define('group.streams.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'The shortest time between two assignments of a streams group.',
  }),
  define('group.streams.min.assignment.interval.ms', 'INT', '0', {
    check: atLeast(0),
    doc: 'The shortest assignment interval that a streams group may be given.',
  }),
  define('group.streams.max.assignment.interval.ms', 'INT', '15000', {
    check: atLeast(0),
    doc: 'The longest assignment interval that a streams group may be given.',
  }),
];

import { atLeast, between, distinctList } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Broker settings about share groups. */
export const BROKER_SHARE_CONFIGS: readonly ConfigDefinition[] = [
  define('group.share.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'A member of a share group that is silent for this long is removed.',
  }),
  define('group.share.min.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    doc: 'The shortest session timeout that a share group may be given.',
  }),
  define('group.share.max.session.timeout.ms', 'INT', '60000', {
    check: atLeast(1),
    doc: 'The longest session timeout that a share group may be given.',
  }),
  define('group.share.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'How often members of share groups are told to send a heartbeat.',
  }),
  define('group.share.min.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'The shortest heartbeat interval that a share group may be given.',
  }),
  define('group.share.max.heartbeat.interval.ms', 'INT', '15000', {
    check: atLeast(1),
    doc: 'The longest heartbeat interval that a share group may be given.',
  }),
  define('group.share.assignors', 'LIST', 'simple', {
    check: distinctList(1),
    doc: 'The assignors of share groups.',
  }),
  define('group.share.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    dynamic: 'cluster-wide',
    doc: 'The shortest time between two assignments of a share group.',
  }),
  define('group.share.min.assignment.interval.ms', 'INT', '0', {
    check: atLeast(0),
    doc: 'The shortest assignment interval that a share group may be given.',
  }),
  define('group.share.max.assignment.interval.ms', 'INT', '15000', {
    check: atLeast(0),
    doc: 'The longest assignment interval that a share group may be given.',
  }),
  define('group.share.initialize.retry.interval.ms', 'INT', '30000', {
    check: atLeast(1),
    internal: true,
    doc: 'How often the state of a new share partition is asked for again.',
  }),
  define('group.share.delivery.count.limit', 'INT', '5', {
    check: between(2, 10),
    doc: 'How often one record is handed to a share group at most.',
  }),
  define('group.share.max.delivery.count.limit', 'INT', '10', {
    check: between(5, 25),
    doc: 'The highest delivery limit that a share group may be given.',
  }),
  define('group.share.min.delivery.count.limit', 'INT', '2', {
    check: between(2, 5),
    doc: 'The lowest delivery limit that a share group may be given.',
  }),
  define('group.share.record.lock.duration.ms', 'INT', '30000', {
    check: between(1000, 3_600_000),
    doc: 'How long a record of a share group belongs to the member that fetched it.',
  }),
  define('group.share.min.record.lock.duration.ms', 'INT', '15000', {
    check: between(1000, 30_000),
    doc: 'The shortest lock that a share group may be given.',
  }),
  define('group.share.max.record.lock.duration.ms', 'INT', '60000', {
    check: between(30_000, 3_600_000),
    doc: 'The longest lock that a share group may be given.',
  }),
  define('group.share.partition.max.record.locks', 'INT', '2000', {
    check: between(100, 10_000),
    doc: 'Records of one partition that members of a share group may hold at once.',
  }),
  define('group.share.max.partition.max.record.locks', 'INT', '4000', {
    check: between(2000, 10_000),
    doc: 'The highest limit of held records that a share group may be given.',
  }),
  define('group.share.min.partition.max.record.locks', 'INT', '100', {
    check: between(100, 2000),
    doc: 'The lowest limit of held records that a share group may be given.',
  }),
  define('share.fetch.purgatory.purge.interval.requests', 'INT', '1000', {
    doc: 'Finished share fetches after which the list of waiting ones is cleaned.',
  }),
  define('group.share.max.share.sessions', 'INT', '2000', {
    check: atLeast(1),
    doc: 'Share sessions this broker remembers.',
  }),
  define(
    'group.share.persister.class.name',
    'STRING',
    'org.apache.kafka.server.share.persister.DefaultStatePersister',
    {
      internal: true,
      doc: 'The class that keeps the state of share groups.',
    },
  ),
  define('share.coordinator.state.topic.num.partitions', 'INT', '50', {
    check: atLeast(1),
    doc: 'Partitions of the topic that keeps the state of share groups; fixed once it exists.',
  }),
  define('share.coordinator.state.topic.replication.factor', 'SHORT', '3', {
    check: atLeast(1),
    doc: 'Copies of each partition of the topic that keeps the state of share groups.',
  }),
  define('share.coordinator.state.topic.min.isr', 'SHORT', '2', {
    check: atLeast(1),
    doc: 'Replicas in sync that the topic that keeps the state of share groups needs for a write.',
  }),
  define('share.coordinator.state.topic.segment.bytes', 'INT', '104857600', {
    check: atLeast(1),
    doc: 'Segment size of the topic that keeps the state of share groups.',
  }),
  define('share.coordinator.threads', 'INT', '1', {
    check: atLeast(1),
    doc: 'Threads that work for share coordinators.',
  }),
  define('share.coordinator.snapshot.update.records.per.snapshot', 'INT', '500', {
    check: between(0, 500),
    doc: 'Changes of a share partition between two snapshots of it.',
  }),
  define('share.coordinator.load.buffer.size', 'INT', '5242880', {
    check: atLeast(1),
    doc: 'Bytes that are read at once when share groups are loaded.',
  }),
  define('share.coordinator.state.topic.compression.codec', 'INT', '0', {
    doc: 'The compression of the topic that keeps the state of share groups; 0 is none.',
  }),
  define('share.coordinator.append.linger.ms', 'INT', '-1', {
    check: atLeast(-1),
    doc: 'How long records of share groups wait to be written together; -1 adapts to the load.',
  }),
  define('share.coordinator.write.timeout.ms', 'INT', '5000', {
    check: atLeast(1),
    doc: 'How long a write of a share coordinator waits for its replicas.',
  }),
  define('share.coordinator.state.topic.prune.interval.ms', 'INT', '300000', {
    check: atLeast(1),
    internal: true,
    doc: 'How often old state of share groups is removed.',
  }),
  define('share.coordinator.cold.partition.snapshot.interval.ms', 'INT', '300000', {
    check: atLeast(1),
    internal: true,
    doc: 'How often idle share partitions are written as snapshots.',
  }),
  define('share.coordinator.cached.buffer.max.bytes', 'INT', '1048588', {
    check: atLeast(524_288),
    dynamic: 'cluster-wide',
    doc: 'The largest buffer that share coordinators keep for their records.',
  }),
];

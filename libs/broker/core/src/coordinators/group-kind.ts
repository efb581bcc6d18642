import {
  asPending,
  decodeCoordinatorRecord,
  defaultGroupShardOptions,
  encodeCoordinatorRecord,
  GroupShard,
  type CoordinatorRecord,
  type GroupShardOptions,
  type MigrationPolicy,
} from '@weirhouse/broker-coordination';
import type { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';
import {
  ControlRecordType,
  readControlRecordType,
  type BatchView,
  type RecordCursor,
} from '@weirhouse/kafka-protocol';
import type { Random } from '@weirhouse/shared-kernel';

import { OFFSETS_TOPIC } from '../internal-topics.ts';
import { listSetting } from '../list-setting.ts';
import { groupSettings } from './group-settings.ts';
import { groupTopics } from './group-topics.ts';
import type { ShardKind } from './shard-kind.ts';

const MINUTE_MS = 60_000;

/** The shards of `__consumer_offsets`: groups and committed offsets. */
export function groupKind(options: {
  readonly configs: ConfigResolver;
  readonly image: MetadataImage;
  readonly random: Random;
}): ShardKind<GroupShard, CoordinatorRecord> {
  const { configs, image, random } = options;
  const topics = groupTopics(image);
  const settingsOf = groupSettings(configs, image);
  return {
    name: 'group',
    batchBytesMax: () => configs.topicConfig(OFFSETS_TOPIC).maxMessageBytes,
    create: ({ timers }) =>
      new GroupShard(shardOptionsOf(configs), { random, timers, topics, settingsOf }),
    encode: encodeCoordinatorRecord,
    replay: replayRecord,
    endTransaction: (shard, end) => shard.endTransaction(end),
    onTopicsDeleted: (shard, topics, nowMs) => shard.onTopicsDeleted(topics, nowMs),
  };
}

function replayRecord(shard: GroupShard, record: RecordCursor, batch: BatchView): void {
  const { key, value } = record;
  const { isControl, isTransactional, producerId } = batch;
  if (isControl) {
    const type = readControlRecordType(key);
    const isCommitted = type === ControlRecordType.COMMIT;
    if (isCommitted || type === ControlRecordType.ABORT)
      shard.endTransaction({ producerId, isCommitted });
    return;
  }
  if (key === null) return;
  const decoded = decodeCoordinatorRecord(key, value);
  if (decoded === undefined) return;
  shard.replay(isTransactional ? asPending(decoded, producerId) : decoded);
}

function shardOptionsOf(configs: ConfigResolver): GroupShardOptions {
  return {
    ...defaultGroupShardOptions,
    groupSizeMax: configs.brokerNumber('group.max.size'),
    sessionTimeoutMinMs: configs.brokerNumber('group.min.session.timeout.ms'),
    sessionTimeoutMaxMs: configs.brokerNumber('group.max.session.timeout.ms'),
    initialRebalanceDelayMs: configs.brokerNumber('group.initial.rebalance.delay.ms'),
    offsetMetadataLengthMax: configs.brokerNumber('offset.metadata.max.bytes'),
    offsetsRetentionMs: configs.brokerNumber('offsets.retention.minutes') * MINUTE_MS,
    batchBytesMax: configs.topicConfig(OFFSETS_TOPIC).maxMessageBytes,
    consumerGroupSizeMax: configs.brokerNumber('group.consumer.max.size'),
    assignors: listSetting(configs, 'group.consumer.assignors'),
    migrationPolicy: migrationPolicyOf(configs),
    patternRefreshMs: configs.brokerNumber('group.consumer.regex.refresh.interval.ms'),
  };
}

function migrationPolicyOf(configs: ConfigResolver): MigrationPolicy {
  const [policy] = listSetting(configs, 'group.consumer.migration.policy');
  const known: readonly MigrationPolicy[] = ['bidirectional', 'upgrade', 'downgrade', 'disabled'];
  return known.find((each) => each === policy) ?? 'disabled';
}

import {
  decodeCoordinatorRecord,
  defaultGroupShardOptions,
  encodeCoordinatorRecord,
  GroupShard,
  type CoordinatorRecord,
  type GroupShardOptions,
} from '@weirhouse/broker-coordination';
import type { ConfigResolver } from '@weirhouse/broker-metadata';
import type { Random } from '@weirhouse/shared-kernel';

import { OFFSETS_TOPIC } from '../internal-topics.ts';
import type { ShardKind } from './shard-kind.ts';

const MINUTE_MS = 60_000;

/** The shards of `__consumer_offsets`: groups and committed offsets. */
export function groupKind(
  configs: ConfigResolver,
  random: Random,
): ShardKind<GroupShard, CoordinatorRecord> {
  return {
    name: 'group',
    batchBytesMax: () => configs.topicConfig(OFFSETS_TOPIC).maxMessageBytes,
    create: ({ timers }) => new GroupShard(shardOptionsOf(configs), { random, timers }),
    encode: encodeCoordinatorRecord,
    decode: ({ key, value }, { isControl }) =>
      key === null || isControl ? undefined : decodeCoordinatorRecord(key, value),
    onTopicsDeleted: (shard, topics, nowMs) => shard.onTopicsDeleted(topics, nowMs),
  };
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
  };
}

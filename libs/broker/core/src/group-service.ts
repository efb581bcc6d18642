import type { CoordinatorRecord, GroupShard } from '@weirhouse/broker-coordination';

import { CoordinatorService, type CoordinatorContext } from './coordinators/coordinator-service.ts';
import { groupKind } from './coordinators/group-kind.ts';
import { OFFSETS_TOPIC } from './internal-topics.ts';

/** The groups of this broker: finds the shard of a group id and runs work on it. */
export type GroupService = CoordinatorService<GroupShard, CoordinatorRecord>;

/** Makes the groups' coordinator, which removes expired offsets from time to time. */
export function groupService(context: CoordinatorContext): GroupService {
  const { configs, image, ports } = context;
  const kind = groupKind({ configs, image, random: ports.random });
  const groups: GroupService = new CoordinatorService(context, OFFSETS_TOPIC, kind);
  const intervalMs = configs.brokerNumber('offsets.retention.check.interval.ms');
  groups.runPeriodically(intervalMs, (shard, nowMs) => shard.expireOffsets(nowMs));
  return groups;
}

/** How many groups the loaded shards hold. */
export function countGroups(groups: GroupService): number {
  let count = 0;
  for (const shard of groups.activeShards) count += shard.groupCount;
  return count;
}

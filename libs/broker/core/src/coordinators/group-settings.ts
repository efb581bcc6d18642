import type { ConsumerGroupSettings } from '@weirhouse/broker-coordination';
import type { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';

/** Groups whose settings are remembered; beyond it all are worked out anew. */
const REMEMBERED_MAX = 10_000;

/** Works out the settings of consumer groups, which each heartbeat asks for. */
export function groupSettings(
  configs: ConfigResolver,
  image: MetadataImage,
): (groupId: string) => ConsumerGroupSettings {
  const known = new Map<string, ConsumerGroupSettings>();
  let version = -1;
  return (groupId) => {
    if (version !== image.configs.version || known.size >= REMEMBERED_MAX) known.clear();
    version = image.configs.version;
    const remembered = known.get(groupId);
    if (remembered !== undefined) return remembered;
    const settings = {
      sessionTimeoutMs: configs.groupNumber(groupId, 'consumer.session.timeout.ms'),
      heartbeatIntervalMs: configs.groupNumber(groupId, 'consumer.heartbeat.interval.ms'),
      assignmentIntervalMs: configs.groupNumber(groupId, 'consumer.assignment.interval.ms'),
    };
    known.set(groupId, settings);
    return settings;
  };
}

import { atLeast, oneOf } from './checks.ts';
import { type ConfigDefinition, define } from './definition.ts';

/** Settings of groups (KIP-1043). The broker's `group.<setting>` gives the default where it exists. */
const DEFINITIONS: readonly ConfigDefinition[] = [
  define('consumer.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    from: ['group.consumer.session.timeout.ms'],
    doc: 'A member of the consumer group that is silent for this long is removed.',
  }),
  define('consumer.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    from: ['group.consumer.heartbeat.interval.ms'],
    doc: 'How often members of the consumer group are told to send a heartbeat.',
  }),
  define('consumer.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    from: ['group.consumer.assignment.interval.ms'],
    doc: 'The shortest time between two assignments of the consumer group.',
  }),
  define('share.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    from: ['group.share.session.timeout.ms'],
    doc: 'A member of the share group that is silent for this long is removed.',
  }),
  define('share.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    from: ['group.share.heartbeat.interval.ms'],
    doc: 'How often members of the share group are told to send a heartbeat.',
  }),
  define('share.record.lock.duration.ms', 'INT', '30000', {
    check: atLeast(1000),
    from: ['group.share.record.lock.duration.ms'],
    doc: 'How long a record belongs to the member of the share group that fetched it.',
  }),
  define('share.delivery.count.limit', 'INT', '5', {
    check: atLeast(2),
    from: ['group.share.delivery.count.limit'],
    doc: 'How often one record is handed to the share group at most.',
  }),
  define('share.partition.max.record.locks', 'INT', '2000', {
    check: atLeast(100),
    from: ['group.share.partition.max.record.locks'],
    doc: 'Records of one partition that members of the share group may hold at once.',
  }),
  define('share.auto.offset.reset', 'STRING', 'latest', {
    check: { kind: 'offset-reset' },
    doc: 'Where the share group begins in a partition that is new to it.',
  }),
  define('share.isolation.level', 'STRING', 'read_uncommitted', {
    check: oneOf('read_committed', 'read_uncommitted'),
    doc: 'Whether the share group sees records of transactions before they are committed.',
  }),
  define('share.renew.acknowledge.enable', 'BOOLEAN', 'true', {
    doc: 'Whether members of the share group may prolong their hold on a record.',
  }),
  define('share.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    from: ['group.share.assignment.interval.ms'],
    doc: 'The shortest time between two assignments of the share group.',
  }),
  define('streams.session.timeout.ms', 'INT', '45000', {
    check: atLeast(1),
    from: ['group.streams.session.timeout.ms'],
    doc: 'A member of the streams group that is silent for this long is removed.',
  }),
  define('streams.heartbeat.interval.ms', 'INT', '5000', {
    check: atLeast(1),
    from: ['group.streams.heartbeat.interval.ms'],
    doc: 'How often members of the streams group are told to send a heartbeat.',
  }),
  define('streams.num.standby.replicas', 'INT', '0', {
    check: atLeast(0),
    from: ['group.streams.num.standby.replicas'],
    doc: 'Standby copies of each task of the streams group.',
  }),
  define('streams.initial.rebalance.delay.ms', 'INT', '3000', {
    check: atLeast(0),
    from: ['group.streams.initial.rebalance.delay.ms'],
    doc: 'How long the empty streams group waits for more members before its first assignment.',
  }),
  define('streams.assignment.interval.ms', 'INT', '1000', {
    check: atLeast(0),
    from: ['group.streams.assignment.interval.ms'],
    doc: 'The shortest time between two assignments of the streams group.',
  }),
];

/** All group settings of Kafka 4.3, by name. */
export const GROUP_CONFIGS: ReadonlyMap<string, ConfigDefinition> = new Map(
  DEFINITIONS.map((entry) => [entry.name, entry]),
);

/** The broker settings that bound a group setting. */
interface GroupBounds {
  readonly name: string;
  readonly min?: string;
  readonly max?: string;
}

function bounds(kind: string, name: string): GroupBounds {
  const [min, max] = [`group.${kind}.min.${name}`, `group.${kind}.max.${name}`];
  return { name: `${kind}.${name}`, min, max };
}

const BOUNDS: readonly GroupBounds[] = [
  ...['consumer', 'share', 'streams'].flatMap((kind) => [
    bounds(kind, 'session.timeout.ms'),
    bounds(kind, 'heartbeat.interval.ms'),
    bounds(kind, 'assignment.interval.ms'),
  ]),
  bounds('share', 'record.lock.duration.ms'),
  bounds('share', 'delivery.count.limit'),
  bounds('share', 'partition.max.record.locks'),
  { name: 'streams.num.standby.replicas', max: 'group.streams.max.standby.replicas' },
];

/** The fault of a broker's own default of a group setting, which has the same bounds. */
export function findGroupDefaultFault(
  name: string,
  value: number,
  broker: (name: string) => number,
): string | undefined {
  const bound = BOUNDS.find((entry) => `group.${entry.name}` === name);
  return bound === undefined ? undefined : findBoundFault(bound, value, broker);
}

function findBoundFault(
  { max, min, name }: GroupBounds,
  value: number,
  broker: (name: string) => number,
): string | undefined {
  if (min !== undefined && value < broker(min))
    return `${name} must be greater than or equal to ${min} (${broker(min)})`;
  if (max !== undefined && value > broker(max))
    return `${name} must be less than or equal to ${max} (${broker(max)})`;
  return undefined;
}

/**
 * The fault of a group's overrides that passed `parseConfigValue` one by one: outside of the broker's
 * bounds, or a heartbeat that comes too late for its session. `broker` gives a number of the broker.
 */
export function findGroupConfigFault(
  overrides: ReadonlyMap<string, string>,
  broker: (name: string) => number,
): string | undefined {
  for (const bound of BOUNDS) {
    const text = overrides.get(bound.name);
    const fault = text === undefined ? undefined : findBoundFault(bound, Number(text), broker);
    if (fault !== undefined) return fault;
  }
  for (const kind of ['consumer', 'share', 'streams']) {
    const effective = (name: string): number =>
      Number(overrides.get(`${kind}.${name}`) ?? broker(`group.${kind}.${name}`));
    if (effective('heartbeat.interval.ms') >= effective('session.timeout.ms'))
      return `${kind}.heartbeat.interval.ms must be less than ${kind}.session.timeout.ms`;
  }
  return undefined;
}

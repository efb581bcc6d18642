import { API_INFOS } from '@weirhouse/kafka-protocol';

import { USAGE_LAGS_MAX, USAGE_TOPICS_MAX } from '../limits.ts';
import type { BrokerServices } from '../services.ts';
import { REST, type UsageLedger } from './usage-ledger.ts';

/** What a broker's clients have used since its start, by series that only grow, and what it keeps now. */
export interface UsageReport {
  readonly principals: readonly {
    readonly series: number;
    readonly principal: string;
    readonly connections: number;
    readonly authentications: number;
  }[];
  readonly traffic: readonly {
    readonly series: number;
    readonly principal: string;
    readonly topic: string;
    readonly receivedBytes: number;
    readonly receivedRecords: number;
    readonly sentBytes: number;
    readonly sentRecords: number;
  }[];
  readonly requests: readonly {
    readonly series: number;
    readonly principal: string;
    readonly api: string;
    readonly requests: number;
    readonly responses: number;
    readonly requestBytes: number;
    readonly responseBytes: number;
  }[];
  readonly failedAuthentications: number;
  /** Open connections, those of clients that have not logged in too. */
  readonly connections: number;
  readonly topics: readonly TopicSize[];
  readonly lags: readonly GroupLag[];
}

interface TopicSize {
  readonly topic: string;
  /** Of those that this broker leads. */
  readonly partitions: number;
  readonly retainedBytes: number;
}

interface GroupLag {
  readonly group: string;
  readonly topic: string;
  readonly partition: number;
  /** Records between the committed offset and the end of what can be read. */
  readonly lag: number;
}

const API_NAMES = new Map(API_INFOS.map(({ apiKey, name }) => [apiKey, name]));

/** The report of one moment: a walk over all counters, topics and committed offsets. */
export function reportUsage(
  ledger: UsageLedger,
  services: BrokerServices,
  connections: number,
): UsageReport {
  const counted = Array.from(ledger.principals);
  return {
    principals: counted.map(({ authentications, connections: open, principal, series }) => {
      return { series, principal, connections: open, authentications };
    }),
    traffic: counted.flatMap(({ principal, trafficCounters }) =>
      Array.from(trafficCounters, (counter) => ({ principal, ...counter })),
    ),
    requests: counted.flatMap(({ principal, requestCounters }) =>
      Array.from(requestCounters, ({ apiKey, ...counter }) => {
        return { principal, api: API_NAMES.get(apiKey) ?? 'unknown', ...counter };
      }),
    ),
    failedAuthentications: ledger.failedAuthentications,
    connections,
    topics: topicSizes(services),
    lags: groupLags(services),
  };
}

/** The largest topics by name, the others as one. */
function topicSizes({ image, nodeId, partitions }: BrokerServices): readonly TopicSize[] {
  const sizes: TopicSize[] = [];
  for (const { name, partitions: images, topicId } of image.topics.values()) {
    const led = images.filter(({ leader }) => leader === nodeId);
    const retainedBytes = led.reduce(
      (sum, { index }) => sum + partitions.sizeOf(topicId, index),
      0,
    );
    if (led.length > 0) sizes.push({ topic: name, partitions: led.length, retainedBytes });
  }
  if (sizes.length <= USAGE_TOPICS_MAX) return sizes;
  sizes.sort((a, b) => b.retainedBytes - a.retainedBytes);
  const rest = sizes.splice(USAGE_TOPICS_MAX - 1);
  const sum = (read: (size: TopicSize) => number) =>
    rest.reduce((all, each) => all + read(each), 0);
  const partitionSum = sum((size) => size.partitions);
  return [
    ...sizes,
    { topic: REST, partitions: partitionSum, retainedBytes: sum((size) => size.retainedBytes) },
  ];
}

/** The largest lags of the groups that this broker coordinates, on partitions that it leads. */
function groupLags({ groups, image, partitions }: BrokerServices): readonly GroupLag[] {
  let lags: GroupLag[] = [];
  for (const shard of groups.activeShards) {
    for (const { committed, groupId, partition, topic } of shard.committedOffsets()) {
      const found = image.topics.find(topic);
      const lookup = found === undefined ? undefined : partitions.lookUp(found, partition);
      if (lookup?.ok !== true) continue;
      const lag = Math.max(0, lookup.partition.log.highWatermark - committed.offset);
      lags.push({ group: groupId, topic, partition, lag });
      // Cut from time to time: memory stays bounded however many offsets there are.
      if (lags.length >= 2 * USAGE_LAGS_MAX) lags = largest(lags);
    }
  }
  return lags.length > USAGE_LAGS_MAX ? largest(lags) : lags;
}

function largest(lags: readonly GroupLag[]): GroupLag[] {
  return lags.toSorted((a, b) => b.lag - a.lag).slice(0, USAGE_LAGS_MAX);
}

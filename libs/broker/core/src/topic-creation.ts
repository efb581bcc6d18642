import { createTopics, findTopicNameFault } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import type { CreateTopicsRequestCreatableTopic } from '@weirhouse/kafka-protocol/messages/create-topics-request';

import { OFFSETS_TOPIC, TRANSACTIONS_TOPIC } from './internal-topics.ts';
import type { BrokerServices } from './services.ts';

/** Replicas of an internal topic, unless there are fewer brokers. */
const INTERNAL_REPLICAS_MAX = 3;

/** How an internal topic is made: the prefix of its broker settings, and what Kafka sets on it. */
interface InternalTopic {
  readonly settings: string;
  readonly configs: readonly (readonly [name: string, value: string])[];
}

/** Compacted, in small segments that compact soon. */
const INTERNAL_TOPICS: ReadonlyMap<string, InternalTopic> = new Map([
  [OFFSETS_TOPIC, { settings: 'offsets.topic', configs: [['compression.type', 'producer']] }],
  [
    TRANSACTIONS_TOPIC,
    {
      settings: 'transaction.state.log',
      configs: [
        ['compression.type', 'uncompressed'],
        ['unclean.leader.election.enable', 'false'],
      ],
    },
  ],
]);

type Services = Pick<BrokerServices, 'configs' | 'image' | 'metadata'>;

/** True for names a topic can have. */
export function isTopicName(name: string): boolean {
  return findTopicNameFault(name) === undefined;
}

/** Creates topics with the broker's defaults. `done` runs after the attempt, whatever came of it. */
export function autoCreateTopics(
  services: Services,
  names: readonly string[],
  done: (errorCode: number) => void,
): void {
  const topics = names
    .filter((name) => isTopicName(name))
    .map((name) => {
      const internal = INTERNAL_TOPICS.get(name);
      return internal === undefined ? ordinaryTopic(name) : internalTopic(services, name, internal);
    });
  if (topics.length === 0) return done(KafkaError.INVALID_TOPIC_EXCEPTION);
  services.metadata.submit(
    (context) => createTopics(context, { topics, timeoutMs: 0, validateOnly: false }),
    (response) => {
      const failed = response.topics.find(
        ({ errorCode }) => errorCode !== 0 && errorCode !== KafkaError.TOPIC_ALREADY_EXISTS,
      );
      done(failed?.errorCode ?? 0);
    },
    done,
  );
}

function ordinaryTopic(name: string): CreateTopicsRequestCreatableTopic {
  return { name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [] };
}

function internalTopic(
  { configs, image }: Services,
  name: string,
  { configs: own, settings }: InternalTopic,
): CreateTopicsRequestCreatableTopic {
  const brokers = image.brokers.listActive().length;
  const wanted = configs.brokerNumber(`${settings}.replication.factor`);
  const segmentBytes = configs.brokerNumber(`${settings}.segment.bytes`);
  const all = [
    ['cleanup.policy', 'compact'],
    ['segment.bytes', `${segmentBytes}`],
    ...own,
  ] as const;
  return {
    name,
    numPartitions: configs.brokerNumber(`${settings}.num.partitions`),
    replicationFactor: Math.max(1, Math.min(wanted, INTERNAL_REPLICAS_MAX, brokers)),
    assignments: [],
    configs: all.map(([key, value]) => ({ name: key, value })),
  };
}

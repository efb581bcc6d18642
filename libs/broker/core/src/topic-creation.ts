import { createTopics, findTopicNameFault } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import type { CreateTopicsRequestCreatableTopic } from '@weirhouse/kafka-protocol/messages/create-topics-request';

import { OFFSETS_TOPIC } from './internal-topics.ts';
import type { BrokerServices } from './services.ts';

/** Replicas of an internal topic, unless there are fewer brokers. */
const INTERNAL_REPLICAS_MAX = 3;

/** Kafka's settings of the offsets topic: compacted, in small segments that compact soon. */
const OFFSETS_TOPIC_CONFIGS = [
  { name: 'cleanup.policy', value: 'compact' },
  { name: 'compression.type', value: 'producer' },
  { name: 'segment.bytes', value: '104857600' },
];

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
    .map((name) => (name === OFFSETS_TOPIC ? offsetsTopic(services) : ordinaryTopic(name)));
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

function offsetsTopic({ configs, image }: Services): CreateTopicsRequestCreatableTopic {
  const brokers = image.brokers.listActive().length;
  const wanted = configs.brokerNumber('offsets.topic.replication.factor');
  return {
    name: OFFSETS_TOPIC,
    numPartitions: configs.brokerNumber('offsets.topic.num.partitions'),
    replicationFactor: Math.max(1, Math.min(wanted, INTERNAL_REPLICAS_MAX, brokers)),
    assignments: [],
    configs: OFFSETS_TOPIC_CONFIGS,
  };
}

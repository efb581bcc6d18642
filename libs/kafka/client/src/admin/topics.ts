import {
  defaultCreateTopicsRequest,
  defaultCreateTopicsRequestCreatableTopic,
  defaultCreateTopicsRequestCreatableTopicConfig,
} from '@weirhouse/kafka-protocol/messages/create-topics-request';
import {
  defaultDeleteTopicsRequest,
  defaultDeleteTopicsRequestDeleteTopicState,
  type DeleteTopicsRequest,
} from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import type { AppError, Uuid } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError } from '../errors.ts';
import { configSourceOf, type ConfigEntry } from './configs.ts';

/** From this version DeleteTopics takes names or ids in one list. */
const DELETE_TOPICS_STATES_VERSION = 6;

/** A topic to create. */
export interface NewTopic {
  readonly name: string;
  /** -1 or absent = the broker's default. */
  readonly partitions?: number;
  /** -1 or absent = the broker's default. */
  readonly replicationFactor?: number;
  readonly configs?: Readonly<Record<string, string>>;
}

/** What became of one topic of a request. */
export interface TopicOutcome {
  readonly name: string;
  readonly error: AppError | undefined;
}

/** A created topic also tells its id. */
export interface CreatedTopic extends TopicOutcome {
  readonly topicId: Uuid;
  /** -1 = the caller may not see the topic's settings. */
  readonly partitions: number;
  readonly replicationFactor: number;
  /** The settings in effect, as far as the caller may see them. */
  readonly configs: readonly ConfigEntry[];
}

/** Options of a request that changes topics. */
export interface TopicChangeOptions {
  readonly timeoutMs: number;
  /** Checks everything and changes nothing. */
  readonly validateOnly?: boolean;
}

/** Creates topics; each has its own outcome. */
export async function createTopics(
  send: Send,
  topics: readonly NewTopic[],
  options: TopicChangeOptions,
): Promise<readonly CreatedTopic[]> {
  const response = await send(apis.createTopics, {
    ...defaultCreateTopicsRequest(),
    timeoutMs: options.timeoutMs,
    validateOnly: options.validateOnly ?? false,
    topics: topics.map((topic) =>
      Object.assign(defaultCreateTopicsRequestCreatableTopic(), {
        name: topic.name,
        numPartitions: topic.partitions ?? -1,
        replicationFactor: topic.replicationFactor ?? -1,
        configs: Object.entries(topic.configs ?? {}).map(([name, value]) =>
          Object.assign(defaultCreateTopicsRequestCreatableTopicConfig(), { name, value }),
        ),
      }),
    ),
  });
  return response.topics.map((topic) => ({
    name: topic.name,
    topicId: topic.topicId,
    partitions: topic.numPartitions,
    replicationFactor: topic.replicationFactor,
    configs: (topic.configs ?? []).map(({ configSource, isSensitive, name, readOnly, value }) => {
      const source = configSourceOf(configSource);
      return { name, value, source, isReadOnly: readOnly, isSensitive, synonyms: [] };
    }),
    error: findKafkaError(topic.errorCode, topic.errorMessage),
  }));
}

/** Deletes topics by name; each has its own outcome. */
export async function deleteTopics(
  send: Send,
  names: readonly string[],
  options: TopicChangeOptions,
): Promise<readonly TopicOutcome[]> {
  const response = await send(apis.deleteTopics, (version): DeleteTopicsRequest => {
    const request = { ...defaultDeleteTopicsRequest(), timeoutMs: options.timeoutMs };
    if (version < DELETE_TOPICS_STATES_VERSION) return { ...request, topicNames: names };
    const topics = names.map((name) =>
      Object.assign(defaultDeleteTopicsRequestDeleteTopicState(), { name }),
    );
    return { ...request, topics };
  });
  return response.responses.map(({ name, errorCode, errorMessage }) => ({
    name: name ?? '',
    error: findKafkaError(errorCode, errorMessage),
  }));
}

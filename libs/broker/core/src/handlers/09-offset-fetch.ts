// OffsetFetch: versions 1 to 10. v2 all topics by null, v7 require stable (KIP-447), v8 several groups
// (KIP-709), v9 member epochs, v10 topic ids (KIP-848). Needs DESCRIBE on the group and on each topic;
// topics that may not be described are left out of "all".
import type { OffsetFetchAnswer } from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  offsetFetchRequestSchema,
  readOffsetFetchRequest,
  type OffsetFetchRequest,
} from '@weirhouse/kafka-protocol/messages/offset-fetch-request';
import {
  defaultOffsetFetchResponse,
  writeOffsetFetchResponse,
  type OffsetFetchResponse,
  type OffsetFetchResponseGroup,
  type OffsetFetchResponseTopics,
} from '@weirhouse/kafka-protocol/messages/offset-fetch-response';
import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

const TOP_LEVEL_ERROR_FROM_VERSION = 2;
const GROUPS_FROM_VERSION = 8;
const TOPIC_IDS_FROM_VERSION = 10;

/** One topic of one group, as any version asks for it. */
interface WantedTopic {
  readonly name: string;
  readonly topicId: string;
  readonly partitionIndexes: readonly number[];
}

interface WantedGroup {
  readonly groupId: string;
  /** From version 9 on. */
  readonly memberId?: string | null;
  readonly memberEpoch?: number;
  readonly topics: readonly WantedTopic[] | null;
  readonly requireStable: boolean;
}

/** API key 9. */
export const offsetFetch = defineHandler<OffsetFetchRequest, OffsetFetchResponse>({
  schema: offsetFetchRequestSchema,
  minVersion: 1,
  maxVersion: 10,
  authenticated: true,
  borrowsFrame: true,
  read: readOffsetFetchRequest,
  write: writeOffsetFetchResponse,
  handle(context, request, respond) {
    const { requireStable } = request;
    if (context.version >= GROUPS_FROM_VERSION) {
      forEachWithAnswer<Omit<WantedGroup, 'requireStable'>, OffsetFetchResponseGroup>(
        request.groups,
        (group, done) => fetchGroup(context, { ...group, requireStable }, done),
        (groups) => respond({ ...defaultOffsetFetchResponse(), groups }),
      );
      return;
    }
    const { groupId, topics } = request;
    const wanted =
      topics?.map(({ name, partitionIndexes }) => {
        return { name, partitionIndexes, topicId: ZERO_UUID };
      }) ?? null;
    fetchGroup(context, { groupId, topics: wanted, requireStable }, (group) => {
      const hasError = context.version >= TOP_LEVEL_ERROR_FROM_VERSION;
      const { errorCode } = group;
      respond({
        ...defaultOffsetFetchResponse(),
        errorCode: hasError ? errorCode : 0,
        topics: errorCode === 0 || hasError ? group.topics : failedTopics(wanted ?? [], errorCode),
      });
    });
  },
});

function fetchGroup(
  context: RequestContext,
  wanted: WantedGroup,
  done: (group: OffsetFetchResponseGroup) => void,
): void {
  const { access, groups } = context.services;
  const { groupId, memberEpoch, memberId, requireStable } = wanted;
  const failed = (errorCode: number) => done({ groupId, topics: [], errorCode });
  if (!access.group(context.caller, AclOperation.DESCRIBE, groupId))
    return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
  const refused: OffsetFetchResponseTopics[] = [];
  const topics = wanted.topics === null ? null : allowedTopics(context, wanted.topics, refused);
  const wantedOffsets = { groupId, memberId, memberEpoch, topics, requireStable };
  groups.read(groupId, (shard) => shard.offsetFetch(wantedOffsets), {
    done: (answer) => done(answerGroup(context, wanted, { answer, refused })),
    unavailable: failed,
  });
}

/** Resolves ids and sorts out what may not be described; what is refused goes to `refused`. */
function allowedTopics(
  context: RequestContext,
  wanted: readonly WantedTopic[],
  refused: OffsetFetchResponseTopics[],
): WantedTopic[] {
  const { access, image } = context.services;
  const allowed: WantedTopic[] = [];
  for (const topic of wanted) {
    const byId = context.version >= TOPIC_IDS_FROM_VERSION;
    const found = byId ? image.topics.findById(topic.topicId) : image.topics.find(topic.name);
    if (byId && found === undefined) {
      refused.push(...failedTopics([topic], KafkaError.UNKNOWN_TOPIC_ID));
      continue;
    }
    const name = found?.name ?? topic.name;
    if (access.topic(context.caller, AclOperation.DESCRIBE, name))
      allowed.push({ ...topic, name, topicId: found?.topicId ?? ZERO_UUID });
    else refused.push(...failedTopics([topic], KafkaError.TOPIC_AUTHORIZATION_FAILED));
  }
  return allowed;
}

function answerGroup(
  context: RequestContext,
  wanted: WantedGroup,
  found: { answer: OffsetFetchAnswer; refused: readonly OffsetFetchResponseTopics[] },
): OffsetFetchResponseGroup {
  const { access, image } = context.services;
  const { answer, refused } = found;
  const byId = context.version >= TOPIC_IDS_FROM_VERSION;
  const topics: OffsetFetchResponseTopics[] = [...refused];
  for (const topic of answer.topics) {
    const isHidden =
      wanted.topics === null && !access.topic(context.caller, AclOperation.DESCRIBE, topic.name);
    // A topic that is gone has no id to be told by.
    const topicId = byId ? image.topics.find(topic.name)?.topicId : ZERO_UUID;
    if (isHidden || topicId === undefined) continue;
    topics.push({ name: byId ? '' : topic.name, topicId, partitions: topic.partitions });
  }
  return { groupId: wanted.groupId, errorCode: answer.errorCode, topics };
}

function failedTopics(
  topics: readonly WantedTopic[],
  errorCode: number,
): OffsetFetchResponseTopics[] {
  return topics.map(({ name, partitionIndexes, topicId }) => ({
    name,
    topicId,
    partitions: partitionIndexes.map((partitionIndex) => ({
      partitionIndex,
      committedOffset: -1,
      committedLeaderEpoch: -1,
      metadata: '',
      errorCode,
    })),
  }));
}

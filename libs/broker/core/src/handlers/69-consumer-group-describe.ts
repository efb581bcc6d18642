// ConsumerGroupDescribe: versions 0 and 1 (KIP-848). v1 says which protocol a member speaks (KIP-1099).
// Needs DESCRIBE on the group and on every topic of its members.
import type { DescribedConsumerGroup } from '@weirhouse/broker-coordination';
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  consumerGroupDescribeRequestSchema,
  readConsumerGroupDescribeRequest,
  type ConsumerGroupDescribeRequest,
} from '@weirhouse/kafka-protocol/messages/consumer-group-describe-request';
import {
  defaultConsumerGroupDescribeResponseDescribedGroup,
  writeConsumerGroupDescribeResponse,
  type ConsumerGroupDescribeResponse,
  type ConsumerGroupDescribeResponseDescribedGroup,
} from '@weirhouse/kafka-protocol/messages/consumer-group-describe-response';

import { describedOperations } from '../described-operations.ts';
import { servesConsumerGroups } from '../consumer-group-support.ts';
import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

type Described = ConsumerGroupDescribeResponseDescribedGroup;

const HIDDEN_TOPICS = 'The group uses topics that the client may not describe.';

/** API key 69. */
export const consumerGroupDescribe = defineHandler<
  ConsumerGroupDescribeRequest,
  ConsumerGroupDescribeResponse
>({
  schema: consumerGroupDescribeRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  borrowsFrame: true,
  read: readConsumerGroupDescribeRequest,
  write: writeConsumerGroupDescribeResponse,
  handle(context, request, respond) {
    forEachWithAnswer<string, Described>(
      request.groupIds,
      (groupId, done) =>
        describe(context, groupId, (described) => {
          const authorizedOperations = describedOperations(context, request, described);
          done({ ...described, authorizedOperations });
        }),
      (groups) => respond({ throttleTimeMs: 0, groups }),
    );
  },
});

function describe(
  context: RequestContext,
  groupId: string,
  done: (described: Described) => void,
): void {
  const { access, groups } = context.services;
  const base = { ...defaultConsumerGroupDescribeResponseDescribedGroup(), groupId };
  const failed = (errorCode: number) => done({ ...base, errorCode });
  if (!servesConsumerGroups(context.services)) return failed(KafkaError.UNSUPPORTED_VERSION);
  if (!access.group(context.caller, AclOperation.DESCRIBE, groupId))
    return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
  groups.read(groupId, (shard) => shard.describeConsumerGroup(groupId), {
    done: (described) => {
      if (
        topicsOf(described).every((name) =>
          access.topic(context.caller, AclOperation.DESCRIBE, name),
        )
      )
        return done({ ...base, ...described });
      const errorCode = KafkaError.TOPIC_AUTHORIZATION_FAILED;
      done({ ...base, errorCode, errorMessage: HIDDEN_TOPICS });
    },
    unavailable: failed,
  });
}

/** Every topic that a description would show. */
function topicsOf({ members }: DescribedConsumerGroup): readonly string[] {
  return members.flatMap((member) => [
    ...member.subscribedTopicNames,
    ...member.assignment.topicPartitions.map(({ topicName }) => topicName),
    ...member.targetAssignment.topicPartitions.map(({ topicName }) => topicName),
  ]);
}

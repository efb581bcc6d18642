// ConsumerGroupHeartbeat: versions 0 and 1 (KIP-848). v1 member ids of the client's making (KIP-1082)
// and topic patterns. Needs READ on the group and DESCRIBE on every topic that is named.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  consumerGroupHeartbeatRequestSchema,
  readConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatRequest,
} from '@weirhouse/kafka-protocol/messages/consumer-group-heartbeat-request';
import {
  defaultConsumerGroupHeartbeatResponse,
  writeConsumerGroupHeartbeatResponse,
  type ConsumerGroupHeartbeatResponse,
} from '@weirhouse/kafka-protocol/messages/consumer-group-heartbeat-response';

import { servesConsumerGroups } from '../consumer-group-support.ts';
import { groupContext } from '../group-context.ts';
import { defineHandler } from '../handler.ts';

/** API key 68. */
export const consumerGroupHeartbeat = defineHandler<
  ConsumerGroupHeartbeatRequest,
  ConsumerGroupHeartbeatResponse
>({
  schema: consumerGroupHeartbeatRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  borrowsFrame: true,
  read: readConsumerGroupHeartbeatRequest,
  write: writeConsumerGroupHeartbeatResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const { caller } = context;
    const failed = (errorCode: number, errorMessage: string | null = null) =>
      respond({ ...defaultConsumerGroupHeartbeatResponse(), errorCode, errorMessage });
    if (!servesConsumerGroups(context.services))
      return failed(KafkaError.UNSUPPORTED_VERSION, 'The consumer group protocol is not enabled.');
    if (!access.group(caller, AclOperation.READ, request.groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    const isTopicVisible = (name: string) => access.topic(caller, AclOperation.DESCRIBE, name);
    if (!(request.subscribedTopicNames ?? []).every(isTopicVisible))
      return failed(KafkaError.TOPIC_AUTHORIZATION_FAILED);
    groups.run(
      request.groupId,
      (shard, nowMs) =>
        shard.consumerGroupHeartbeat(
          request,
          { ...groupContext(context, nowMs), isTopicVisible },
          (answer) => respond({ ...defaultConsumerGroupHeartbeatResponse(), ...answer }),
        ),
      failed,
    );
  },
});

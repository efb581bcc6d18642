// Heartbeat: versions 0 to 4. v3 static members (KIP-345).
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  heartbeatRequestSchema,
  readHeartbeatRequest,
  type HeartbeatRequest,
} from '@weirhouse/kafka-protocol/messages/heartbeat-request';
import {
  writeHeartbeatResponse,
  type HeartbeatResponse,
} from '@weirhouse/kafka-protocol/messages/heartbeat-response';

import { groupContext } from '../group-context.ts';
import { defineHandler } from '../handler.ts';

/** API key 12. */
export const heartbeat = defineHandler<HeartbeatRequest, HeartbeatResponse>({
  schema: heartbeatRequestSchema,
  minVersion: 0,
  maxVersion: 4,
  authenticated: true,
  borrowsFrame: true,
  read: readHeartbeatRequest,
  write: writeHeartbeatResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const answer = (errorCode: number) => respond({ throttleTimeMs: 0, errorCode });
    if (!access.group(context.caller, AclOperation.READ, request.groupId))
      return answer(KafkaError.GROUP_AUTHORIZATION_FAILED);
    groups.run(
      request.groupId,
      (shard, nowMs) =>
        shard.heartbeat(request, groupContext(context, nowMs), ({ errorCode }) =>
          answer(errorCode),
        ),
      answer,
    );
  },
});

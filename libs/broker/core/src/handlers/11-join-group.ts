// JoinGroup: versions 0 to 9. v4 member id first (KIP-394), v5 static members (KIP-345), v8 reason, v9
// skip assignment (KIP-814). Answered when the join phase ends; the connection waits meanwhile.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  joinGroupRequestSchema,
  readJoinGroupRequest,
  type JoinGroupRequest,
} from '@weirhouse/kafka-protocol/messages/join-group-request';
import {
  defaultJoinGroupResponse,
  writeJoinGroupResponse,
  type JoinGroupResponse,
} from '@weirhouse/kafka-protocol/messages/join-group-response';

import { groupContext } from '../group-context.ts';
import { defineHandler } from '../handler.ts';

/** A null protocol name may be sent from this version on. */
const NULL_PROTOCOL_FROM_VERSION = 7;

/** API key 11. */
export const joinGroup = defineHandler<JoinGroupRequest, JoinGroupResponse>({
  schema: joinGroupRequestSchema,
  minVersion: 0,
  maxVersion: 9,
  authenticated: true,
  borrowsFrame: true,
  read: readJoinGroupRequest,
  write: writeJoinGroupResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const protocolName = context.version >= NULL_PROTOCOL_FROM_VERSION ? null : '';
    const { groupId, memberId } = request;
    const failed = (errorCode: number) =>
      respond({ ...defaultJoinGroupResponse(), errorCode, protocolName, memberId });
    if (!access.group(context.caller, AclOperation.READ, groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    groups.run(
      groupId,
      (shard, nowMs) =>
        shard.joinGroup(request, groupContext(context, nowMs), (answer) =>
          respond({ ...defaultJoinGroupResponse(), ...answer }),
        ),
      failed,
    );
  },
});

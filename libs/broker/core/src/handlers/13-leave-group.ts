// LeaveGroup: versions 0 to 5. v3 several members at once, by member or instance id (KIP-345).
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  leaveGroupRequestSchema,
  readLeaveGroupRequest,
  type LeaveGroupRequest,
} from '@weirhouse/kafka-protocol/messages/leave-group-request';
import {
  defaultLeaveGroupResponse,
  writeLeaveGroupResponse,
  type LeaveGroupResponse,
} from '@weirhouse/kafka-protocol/messages/leave-group-response';

import { groupContext } from '../group-context.ts';
import { defineHandler } from '../handler.ts';

/** API key 13. */
export const leaveGroup = defineHandler<LeaveGroupRequest, LeaveGroupResponse>({
  schema: leaveGroupRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readLeaveGroupRequest,
  write: writeLeaveGroupResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const failed = (errorCode: number) => respond({ ...defaultLeaveGroupResponse(), errorCode });
    if (!access.group(context.caller, AclOperation.READ, request.groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    groups.run(
      request.groupId,
      (shard, nowMs) =>
        shard.leaveGroup(request, groupContext(context, nowMs), (answer) =>
          respond({ ...defaultLeaveGroupResponse(), ...answer }),
        ),
      failed,
    );
  },
});

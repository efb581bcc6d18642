// SyncGroup: versions 0 to 5. v3 static members (KIP-345), v5 protocol type and name (KIP-559).
// Answered after the leader's assignments are durable.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  readSyncGroupRequest,
  syncGroupRequestSchema,
  type SyncGroupRequest,
} from '@weirhouse/kafka-protocol/messages/sync-group-request';
import {
  defaultSyncGroupResponse,
  writeSyncGroupResponse,
  type SyncGroupResponse,
} from '@weirhouse/kafka-protocol/messages/sync-group-response';

import { groupContext } from '../group-context.ts';
import { defineHandler } from '../handler.ts';

/** API key 14. */
export const syncGroup = defineHandler<SyncGroupRequest, SyncGroupResponse>({
  schema: syncGroupRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readSyncGroupRequest,
  write: writeSyncGroupResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const failed = (errorCode: number) => respond({ ...defaultSyncGroupResponse(), errorCode });
    if (!access.group(context.caller, AclOperation.READ, request.groupId))
      return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
    groups.run(
      request.groupId,
      (shard, nowMs) =>
        shard.syncGroup(request, groupContext(context, nowMs), (answer) =>
          respond({ ...defaultSyncGroupResponse(), ...answer }),
        ),
      failed,
    );
  },
});

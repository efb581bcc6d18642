// DeleteGroups: versions 0 to 2 (KIP-229). Only empty groups can be deleted.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  deleteGroupsRequestSchema,
  readDeleteGroupsRequest,
  type DeleteGroupsRequest,
} from '@weirhouse/kafka-protocol/messages/delete-groups-request';
import {
  writeDeleteGroupsResponse,
  type DeleteGroupsResponse,
  type DeleteGroupsResponseDeletableGroupResult,
} from '@weirhouse/kafka-protocol/messages/delete-groups-response';

import { forEachWithAnswer } from '../gather.ts';
import { defineHandler } from '../handler.ts';

/** API key 42. */
export const deleteGroups = defineHandler<DeleteGroupsRequest, DeleteGroupsResponse>({
  schema: deleteGroupsRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readDeleteGroupsRequest,
  write: writeDeleteGroupsResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    forEachWithAnswer<string, DeleteGroupsResponseDeletableGroupResult>(
      Array.from(new Set(request.groupsNames)),
      (groupId, done) => {
        const answer = (errorCode: number) => done({ groupId, errorCode });
        if (!access.group(context.caller, AclOperation.DELETE, groupId))
          return answer(KafkaError.GROUP_AUTHORIZATION_FAILED);
        groups.run(groupId, (shard, nowMs) => shard.deleteGroup(groupId, nowMs, answer), answer);
      },
      (results) => respond({ throttleTimeMs: 0, results }),
    );
  },
});

// DescribeGroups: versions 0 to 6. v3 authorized operations (KIP-430), v4 instance ids, v6 error for
// unknown groups (KIP-1043).
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  describeGroupsRequestSchema,
  readDescribeGroupsRequest,
  type DescribeGroupsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-groups-request';
import {
  defaultDescribeGroupsResponseDescribedGroup,
  writeDescribeGroupsResponse,
  type DescribeGroupsResponse,
  type DescribeGroupsResponseDescribedGroup,
} from '@weirhouse/kafka-protocol/messages/describe-groups-response';

import { describedOperations } from '../described-operations.ts';
import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

type Described = DescribeGroupsResponseDescribedGroup;

/** API key 15. */
export const describeGroups = defineHandler<DescribeGroupsRequest, DescribeGroupsResponse>({
  schema: describeGroupsRequestSchema,
  minVersion: 0,
  maxVersion: 6,
  authenticated: true,
  borrowsFrame: true,
  read: readDescribeGroupsRequest,
  write: writeDescribeGroupsResponse,
  handle(context, request, respond) {
    forEachWithAnswer<string, Described>(
      request.groups,
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
  const base = { ...defaultDescribeGroupsResponseDescribedGroup(), groupId };
  const failed = (errorCode: number) => done({ ...base, errorCode });
  if (!access.group(context.caller, AclOperation.DESCRIBE, groupId))
    return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
  groups.read(groupId, (shard) => shard.describeGroup(groupId, { apiVersion: context.version }), {
    done: (described) => done({ ...base, ...described }),
    unavailable: failed,
  });
}

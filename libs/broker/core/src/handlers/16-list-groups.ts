// ListGroups: versions 0 to 5. v4 states filter (KIP-518), v5 types filter (KIP-848). Lists what may be
// described: with DESCRIBE on the cluster everything, otherwise group by group.
import { AclOperation } from '@weirhouse/broker-metadata';
import {
  listGroupsRequestSchema,
  readListGroupsRequest,
  type ListGroupsRequest,
} from '@weirhouse/kafka-protocol/messages/list-groups-request';
import {
  defaultListGroupsResponse,
  writeListGroupsResponse,
  type ListGroupsResponse,
} from '@weirhouse/kafka-protocol/messages/list-groups-response';

import { defineHandler } from '../handler.ts';

/** API key 16. */
export const listGroups = defineHandler<ListGroupsRequest, ListGroupsResponse>({
  schema: listGroupsRequestSchema,
  minVersion: 0,
  maxVersion: 5,
  authenticated: true,
  borrowsFrame: true,
  read: readListGroupsRequest,
  write: writeListGroupsResponse,
  handle(context, request, respond) {
    const { access, groups } = context.services;
    const { caller } = context;
    const seesAll = access.cluster(caller, AclOperation.DESCRIBE);
    groups.readAll((shard) => shard.listGroups(request), {
      done: (lists) =>
        respond({
          ...defaultListGroupsResponse(),
          groups: lists
            .flat()
            .filter(
              ({ groupId }) => seesAll || access.group(caller, AclOperation.DESCRIBE, groupId),
            ),
        }),
      unavailable: (errorCode) => respond({ ...defaultListGroupsResponse(), errorCode }),
    });
  },
});

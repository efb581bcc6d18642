// ListPartitionReassignments: version 0 (KIP-455). Needs DESCRIBE on the cluster.
import { AclOperation, listPartitionReassignments as list } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  listPartitionReassignmentsRequestSchema,
  readListPartitionReassignmentsRequest,
  type ListPartitionReassignmentsRequest,
} from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-request';
import {
  defaultListPartitionReassignmentsResponse,
  writeListPartitionReassignmentsResponse,
  type ListPartitionReassignmentsResponse,
} from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-response';

import { defineHandler } from '../handler.ts';

/** API key 46. */
export const listPartitionReassignments = defineHandler<
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse
>({
  schema: listPartitionReassignmentsRequestSchema,
  minVersion: 0,
  maxVersion: 0,
  authenticated: true,
  borrowsFrame: true,
  read: readListPartitionReassignmentsRequest,
  write: writeListPartitionReassignmentsResponse,
  handle({ caller, services }, request, respond) {
    if (services.access.cluster(caller, AclOperation.DESCRIBE))
      return respond(list(services.image, request));
    const errorCode = KafkaError.CLUSTER_AUTHORIZATION_FAILED;
    respond({ ...defaultListPartitionReassignmentsResponse(), errorCode });
  },
});

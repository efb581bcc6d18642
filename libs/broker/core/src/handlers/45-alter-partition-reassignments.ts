// AlterPartitionReassignments: versions 0 and 1 (KIP-455; v1 may forbid another replication factor). Needs
// ALTER on the cluster.
import { AclOperation, alterPartitionReassignments as decide } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  alterPartitionReassignmentsRequestSchema,
  readAlterPartitionReassignmentsRequest,
  type AlterPartitionReassignmentsRequest,
} from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-request';
import {
  defaultAlterPartitionReassignmentsResponse,
  writeAlterPartitionReassignmentsResponse,
  type AlterPartitionReassignmentsResponse,
} from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-response';

import { defineHandler } from '../handler.ts';

/** API key 45. */
export const alterPartitionReassignments = defineHandler<
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse
>({
  schema: alterPartitionReassignmentsRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  borrowsFrame: true,
  read: readAlterPartitionReassignmentsRequest,
  write: writeAlterPartitionReassignmentsResponse,
  handle({ caller, services }, request, respond) {
    const { access, metadata } = services;
    const failed = (errorCode: number) =>
      respond({ ...defaultAlterPartitionReassignmentsResponse(), errorCode });
    if (!access.cluster(caller, AclOperation.ALTER))
      return failed(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    metadata.submit((controller) => decide(controller, request), respond, failed);
  },
});

import * as alterClientQuotasRequest from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import * as alterClientQuotasResponse from '@weirhouse/kafka-protocol/messages/alter-client-quotas-response';
import * as describeClientQuotasRequest from '@weirhouse/kafka-protocol/messages/describe-client-quotas-request';
import * as describeClientQuotasResponse from '@weirhouse/kafka-protocol/messages/describe-client-quotas-response';
import * as alterPartitionReassignmentsRequest from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-request';
import * as alterPartitionReassignmentsResponse from '@weirhouse/kafka-protocol/messages/alter-partition-reassignments-response';
import * as alterReplicaLogDirsRequest from '@weirhouse/kafka-protocol/messages/alter-replica-log-dirs-request';
import * as alterReplicaLogDirsResponse from '@weirhouse/kafka-protocol/messages/alter-replica-log-dirs-response';
import * as addRaftVoterRequest from '@weirhouse/kafka-protocol/messages/add-raft-voter-request';
import * as addRaftVoterResponse from '@weirhouse/kafka-protocol/messages/add-raft-voter-response';
import * as describeLogDirsRequest from '@weirhouse/kafka-protocol/messages/describe-log-dirs-request';
import * as describeLogDirsResponse from '@weirhouse/kafka-protocol/messages/describe-log-dirs-response';
import * as describeQuorumRequest from '@weirhouse/kafka-protocol/messages/describe-quorum-request';
import * as describeQuorumResponse from '@weirhouse/kafka-protocol/messages/describe-quorum-response';
import * as electLeadersRequest from '@weirhouse/kafka-protocol/messages/elect-leaders-request';
import * as electLeadersResponse from '@weirhouse/kafka-protocol/messages/elect-leaders-response';
import * as listConfigResourcesRequest from '@weirhouse/kafka-protocol/messages/list-config-resources-request';
import * as listConfigResourcesResponse from '@weirhouse/kafka-protocol/messages/list-config-resources-response';
import * as listPartitionReassignmentsRequest from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-request';
import * as listPartitionReassignmentsResponse from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-response';
import * as removeRaftVoterRequest from '@weirhouse/kafka-protocol/messages/remove-raft-voter-request';
import * as removeRaftVoterResponse from '@weirhouse/kafka-protocol/messages/remove-raft-voter-response';
import * as unregisterBrokerRequest from '@weirhouse/kafka-protocol/messages/unregister-broker-request';
import * as unregisterBrokerResponse from '@weirhouse/kafka-protocol/messages/unregister-broker-response';
import * as updateFeaturesRequest from '@weirhouse/kafka-protocol/messages/update-features-request';
import * as updateFeaturesResponse from '@weirhouse/kafka-protocol/messages/update-features-response';

/** The administrator's APIs from the client's side, beside `apiCalls`. */
export const adminCalls = {
  alterClientQuotas: {
    schema: alterClientQuotasRequest.alterClientQuotasRequestSchema,
    request: alterClientQuotasRequest.defaultAlterClientQuotasRequest,
    write: alterClientQuotasRequest.writeAlterClientQuotasRequest,
    read: alterClientQuotasResponse.readAlterClientQuotasResponse,
  },
  describeClientQuotas: {
    schema: describeClientQuotasRequest.describeClientQuotasRequestSchema,
    request: describeClientQuotasRequest.defaultDescribeClientQuotasRequest,
    write: describeClientQuotasRequest.writeDescribeClientQuotasRequest,
    read: describeClientQuotasResponse.readDescribeClientQuotasResponse,
  },
  alterPartitionReassignments: {
    schema: alterPartitionReassignmentsRequest.alterPartitionReassignmentsRequestSchema,
    request: alterPartitionReassignmentsRequest.defaultAlterPartitionReassignmentsRequest,
    write: alterPartitionReassignmentsRequest.writeAlterPartitionReassignmentsRequest,
    read: alterPartitionReassignmentsResponse.readAlterPartitionReassignmentsResponse,
  },
  alterReplicaLogDirs: {
    schema: alterReplicaLogDirsRequest.alterReplicaLogDirsRequestSchema,
    request: alterReplicaLogDirsRequest.defaultAlterReplicaLogDirsRequest,
    write: alterReplicaLogDirsRequest.writeAlterReplicaLogDirsRequest,
    read: alterReplicaLogDirsResponse.readAlterReplicaLogDirsResponse,
  },
  addRaftVoter: {
    schema: addRaftVoterRequest.addRaftVoterRequestSchema,
    request: addRaftVoterRequest.defaultAddRaftVoterRequest,
    write: addRaftVoterRequest.writeAddRaftVoterRequest,
    read: addRaftVoterResponse.readAddRaftVoterResponse,
  },
  describeLogDirs: {
    schema: describeLogDirsRequest.describeLogDirsRequestSchema,
    request: describeLogDirsRequest.defaultDescribeLogDirsRequest,
    write: describeLogDirsRequest.writeDescribeLogDirsRequest,
    read: describeLogDirsResponse.readDescribeLogDirsResponse,
  },
  describeQuorum: {
    schema: describeQuorumRequest.describeQuorumRequestSchema,
    request: describeQuorumRequest.defaultDescribeQuorumRequest,
    write: describeQuorumRequest.writeDescribeQuorumRequest,
    read: describeQuorumResponse.readDescribeQuorumResponse,
  },
  electLeaders: {
    schema: electLeadersRequest.electLeadersRequestSchema,
    request: electLeadersRequest.defaultElectLeadersRequest,
    write: electLeadersRequest.writeElectLeadersRequest,
    read: electLeadersResponse.readElectLeadersResponse,
  },
  listConfigResources: {
    schema: listConfigResourcesRequest.listConfigResourcesRequestSchema,
    request: listConfigResourcesRequest.defaultListConfigResourcesRequest,
    write: listConfigResourcesRequest.writeListConfigResourcesRequest,
    read: listConfigResourcesResponse.readListConfigResourcesResponse,
  },
  listPartitionReassignments: {
    schema: listPartitionReassignmentsRequest.listPartitionReassignmentsRequestSchema,
    request: listPartitionReassignmentsRequest.defaultListPartitionReassignmentsRequest,
    write: listPartitionReassignmentsRequest.writeListPartitionReassignmentsRequest,
    read: listPartitionReassignmentsResponse.readListPartitionReassignmentsResponse,
  },
  removeRaftVoter: {
    schema: removeRaftVoterRequest.removeRaftVoterRequestSchema,
    request: removeRaftVoterRequest.defaultRemoveRaftVoterRequest,
    write: removeRaftVoterRequest.writeRemoveRaftVoterRequest,
    read: removeRaftVoterResponse.readRemoveRaftVoterResponse,
  },
  unregisterBroker: {
    schema: unregisterBrokerRequest.unregisterBrokerRequestSchema,
    request: unregisterBrokerRequest.defaultUnregisterBrokerRequest,
    write: unregisterBrokerRequest.writeUnregisterBrokerRequest,
    read: unregisterBrokerResponse.readUnregisterBrokerResponse,
  },
  updateFeatures: {
    schema: updateFeaturesRequest.updateFeaturesRequestSchema,
    request: updateFeaturesRequest.defaultUpdateFeaturesRequest,
    write: updateFeaturesRequest.writeUpdateFeaturesRequest,
    read: updateFeaturesResponse.readUpdateFeaturesResponse,
  },
} as const;

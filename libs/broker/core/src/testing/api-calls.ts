import type { MessageSchema, Reader, Writer } from '@weirhouse/kafka-protocol';
import * as produceRequest from '@weirhouse/kafka-protocol/messages/produce-request';
import * as produceResponse from '@weirhouse/kafka-protocol/messages/produce-response';
import * as fetchRequest from '@weirhouse/kafka-protocol/messages/fetch-request';
import * as fetchResponse from '@weirhouse/kafka-protocol/messages/fetch-response';
import * as listOffsetsRequest from '@weirhouse/kafka-protocol/messages/list-offsets-request';
import * as listOffsetsResponse from '@weirhouse/kafka-protocol/messages/list-offsets-response';
import * as metadataRequest from '@weirhouse/kafka-protocol/messages/metadata-request';
import * as metadataResponse from '@weirhouse/kafka-protocol/messages/metadata-response';
import * as offsetCommitRequest from '@weirhouse/kafka-protocol/messages/offset-commit-request';
import * as offsetCommitResponse from '@weirhouse/kafka-protocol/messages/offset-commit-response';
import * as offsetFetchRequest from '@weirhouse/kafka-protocol/messages/offset-fetch-request';
import * as offsetFetchResponse from '@weirhouse/kafka-protocol/messages/offset-fetch-response';
import * as findCoordinatorRequest from '@weirhouse/kafka-protocol/messages/find-coordinator-request';
import * as findCoordinatorResponse from '@weirhouse/kafka-protocol/messages/find-coordinator-response';
import * as joinGroupRequest from '@weirhouse/kafka-protocol/messages/join-group-request';
import * as joinGroupResponse from '@weirhouse/kafka-protocol/messages/join-group-response';
import * as heartbeatRequest from '@weirhouse/kafka-protocol/messages/heartbeat-request';
import * as heartbeatResponse from '@weirhouse/kafka-protocol/messages/heartbeat-response';
import * as leaveGroupRequest from '@weirhouse/kafka-protocol/messages/leave-group-request';
import * as leaveGroupResponse from '@weirhouse/kafka-protocol/messages/leave-group-response';
import * as syncGroupRequest from '@weirhouse/kafka-protocol/messages/sync-group-request';
import * as syncGroupResponse from '@weirhouse/kafka-protocol/messages/sync-group-response';
import * as describeGroupsRequest from '@weirhouse/kafka-protocol/messages/describe-groups-request';
import * as describeGroupsResponse from '@weirhouse/kafka-protocol/messages/describe-groups-response';
import * as listGroupsRequest from '@weirhouse/kafka-protocol/messages/list-groups-request';
import * as listGroupsResponse from '@weirhouse/kafka-protocol/messages/list-groups-response';
import * as saslHandshakeRequest from '@weirhouse/kafka-protocol/messages/sasl-handshake-request';
import * as saslHandshakeResponse from '@weirhouse/kafka-protocol/messages/sasl-handshake-response';
import * as apiVersionsRequest from '@weirhouse/kafka-protocol/messages/api-versions-request';
import * as apiVersionsResponse from '@weirhouse/kafka-protocol/messages/api-versions-response';
import * as createTopicsRequest from '@weirhouse/kafka-protocol/messages/create-topics-request';
import * as createTopicsResponse from '@weirhouse/kafka-protocol/messages/create-topics-response';
import * as deleteTopicsRequest from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import * as deleteTopicsResponse from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import * as deleteRecordsRequest from '@weirhouse/kafka-protocol/messages/delete-records-request';
import * as deleteRecordsResponse from '@weirhouse/kafka-protocol/messages/delete-records-response';
import * as initProducerIdRequest from '@weirhouse/kafka-protocol/messages/init-producer-id-request';
import * as initProducerIdResponse from '@weirhouse/kafka-protocol/messages/init-producer-id-response';
import * as offsetForLeaderEpochRequest from '@weirhouse/kafka-protocol/messages/offset-for-leader-epoch-request';
import * as offsetForLeaderEpochResponse from '@weirhouse/kafka-protocol/messages/offset-for-leader-epoch-response';
import * as describeAclsRequest from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import * as describeAclsResponse from '@weirhouse/kafka-protocol/messages/describe-acls-response';
import * as createAclsRequest from '@weirhouse/kafka-protocol/messages/create-acls-request';
import * as createAclsResponse from '@weirhouse/kafka-protocol/messages/create-acls-response';
import * as deleteAclsRequest from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import * as deleteAclsResponse from '@weirhouse/kafka-protocol/messages/delete-acls-response';
import * as describeConfigsRequest from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import * as describeConfigsResponse from '@weirhouse/kafka-protocol/messages/describe-configs-response';
import * as alterConfigsRequest from '@weirhouse/kafka-protocol/messages/alter-configs-request';
import * as alterConfigsResponse from '@weirhouse/kafka-protocol/messages/alter-configs-response';
import * as saslAuthenticateRequest from '@weirhouse/kafka-protocol/messages/sasl-authenticate-request';
import * as saslAuthenticateResponse from '@weirhouse/kafka-protocol/messages/sasl-authenticate-response';
import * as createPartitionsRequest from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import * as createPartitionsResponse from '@weirhouse/kafka-protocol/messages/create-partitions-response';
import * as deleteGroupsRequest from '@weirhouse/kafka-protocol/messages/delete-groups-request';
import * as deleteGroupsResponse from '@weirhouse/kafka-protocol/messages/delete-groups-response';
import * as incrementalAlterConfigsRequest from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import * as incrementalAlterConfigsResponse from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-response';
import * as offsetDeleteRequest from '@weirhouse/kafka-protocol/messages/offset-delete-request';
import * as offsetDeleteResponse from '@weirhouse/kafka-protocol/messages/offset-delete-response';
import * as describeUserScramCredentialsRequest from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-request';
import * as describeUserScramCredentialsResponse from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-response';
import * as alterUserScramCredentialsRequest from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import * as alterUserScramCredentialsResponse from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-response';
import * as describeClusterRequest from '@weirhouse/kafka-protocol/messages/describe-cluster-request';
import * as describeClusterResponse from '@weirhouse/kafka-protocol/messages/describe-cluster-response';
import * as describeProducersRequest from '@weirhouse/kafka-protocol/messages/describe-producers-request';
import * as describeProducersResponse from '@weirhouse/kafka-protocol/messages/describe-producers-response';
import * as consumerGroupHeartbeatRequest from '@weirhouse/kafka-protocol/messages/consumer-group-heartbeat-request';
import * as consumerGroupHeartbeatResponse from '@weirhouse/kafka-protocol/messages/consumer-group-heartbeat-response';
import * as consumerGroupDescribeRequest from '@weirhouse/kafka-protocol/messages/consumer-group-describe-request';
import * as consumerGroupDescribeResponse from '@weirhouse/kafka-protocol/messages/consumer-group-describe-response';
import * as describeTopicPartitionsRequest from '@weirhouse/kafka-protocol/messages/describe-topic-partitions-request';
import * as describeTopicPartitionsResponse from '@weirhouse/kafka-protocol/messages/describe-topic-partitions-response';

/** How a client speaks one API. */
export interface ApiCall<Request, Response> {
  readonly schema: MessageSchema;
  /** A request with every field at its default. */
  readonly request: () => Request;
  readonly write: (writer: Writer, message: Request, version: number) => void;
  readonly read: (reader: Reader, version: number) => Response;
}

/** Every API that the broker serves, from the client's side. */
export const apiCalls = {
  produce: {
    schema: produceRequest.produceRequestSchema,
    request: produceRequest.defaultProduceRequest,
    write: produceRequest.writeProduceRequest,
    read: produceResponse.readProduceResponse,
  },
  fetch: {
    schema: fetchRequest.fetchRequestSchema,
    request: fetchRequest.defaultFetchRequest,
    write: fetchRequest.writeFetchRequest,
    read: fetchResponse.readFetchResponse,
  },
  listOffsets: {
    schema: listOffsetsRequest.listOffsetsRequestSchema,
    request: listOffsetsRequest.defaultListOffsetsRequest,
    write: listOffsetsRequest.writeListOffsetsRequest,
    read: listOffsetsResponse.readListOffsetsResponse,
  },
  metadata: {
    schema: metadataRequest.metadataRequestSchema,
    request: metadataRequest.defaultMetadataRequest,
    write: metadataRequest.writeMetadataRequest,
    read: metadataResponse.readMetadataResponse,
  },
  offsetCommit: {
    schema: offsetCommitRequest.offsetCommitRequestSchema,
    request: offsetCommitRequest.defaultOffsetCommitRequest,
    write: offsetCommitRequest.writeOffsetCommitRequest,
    read: offsetCommitResponse.readOffsetCommitResponse,
  },
  offsetFetch: {
    schema: offsetFetchRequest.offsetFetchRequestSchema,
    request: offsetFetchRequest.defaultOffsetFetchRequest,
    write: offsetFetchRequest.writeOffsetFetchRequest,
    read: offsetFetchResponse.readOffsetFetchResponse,
  },
  findCoordinator: {
    schema: findCoordinatorRequest.findCoordinatorRequestSchema,
    request: findCoordinatorRequest.defaultFindCoordinatorRequest,
    write: findCoordinatorRequest.writeFindCoordinatorRequest,
    read: findCoordinatorResponse.readFindCoordinatorResponse,
  },
  joinGroup: {
    schema: joinGroupRequest.joinGroupRequestSchema,
    request: joinGroupRequest.defaultJoinGroupRequest,
    write: joinGroupRequest.writeJoinGroupRequest,
    read: joinGroupResponse.readJoinGroupResponse,
  },
  heartbeat: {
    schema: heartbeatRequest.heartbeatRequestSchema,
    request: heartbeatRequest.defaultHeartbeatRequest,
    write: heartbeatRequest.writeHeartbeatRequest,
    read: heartbeatResponse.readHeartbeatResponse,
  },
  leaveGroup: {
    schema: leaveGroupRequest.leaveGroupRequestSchema,
    request: leaveGroupRequest.defaultLeaveGroupRequest,
    write: leaveGroupRequest.writeLeaveGroupRequest,
    read: leaveGroupResponse.readLeaveGroupResponse,
  },
  syncGroup: {
    schema: syncGroupRequest.syncGroupRequestSchema,
    request: syncGroupRequest.defaultSyncGroupRequest,
    write: syncGroupRequest.writeSyncGroupRequest,
    read: syncGroupResponse.readSyncGroupResponse,
  },
  describeGroups: {
    schema: describeGroupsRequest.describeGroupsRequestSchema,
    request: describeGroupsRequest.defaultDescribeGroupsRequest,
    write: describeGroupsRequest.writeDescribeGroupsRequest,
    read: describeGroupsResponse.readDescribeGroupsResponse,
  },
  listGroups: {
    schema: listGroupsRequest.listGroupsRequestSchema,
    request: listGroupsRequest.defaultListGroupsRequest,
    write: listGroupsRequest.writeListGroupsRequest,
    read: listGroupsResponse.readListGroupsResponse,
  },
  saslHandshake: {
    schema: saslHandshakeRequest.saslHandshakeRequestSchema,
    request: saslHandshakeRequest.defaultSaslHandshakeRequest,
    write: saslHandshakeRequest.writeSaslHandshakeRequest,
    read: saslHandshakeResponse.readSaslHandshakeResponse,
  },
  apiVersions: {
    schema: apiVersionsRequest.apiVersionsRequestSchema,
    request: apiVersionsRequest.defaultApiVersionsRequest,
    write: apiVersionsRequest.writeApiVersionsRequest,
    read: apiVersionsResponse.readApiVersionsResponse,
  },
  createTopics: {
    schema: createTopicsRequest.createTopicsRequestSchema,
    request: createTopicsRequest.defaultCreateTopicsRequest,
    write: createTopicsRequest.writeCreateTopicsRequest,
    read: createTopicsResponse.readCreateTopicsResponse,
  },
  deleteTopics: {
    schema: deleteTopicsRequest.deleteTopicsRequestSchema,
    request: deleteTopicsRequest.defaultDeleteTopicsRequest,
    write: deleteTopicsRequest.writeDeleteTopicsRequest,
    read: deleteTopicsResponse.readDeleteTopicsResponse,
  },
  deleteRecords: {
    schema: deleteRecordsRequest.deleteRecordsRequestSchema,
    request: deleteRecordsRequest.defaultDeleteRecordsRequest,
    write: deleteRecordsRequest.writeDeleteRecordsRequest,
    read: deleteRecordsResponse.readDeleteRecordsResponse,
  },
  initProducerId: {
    schema: initProducerIdRequest.initProducerIdRequestSchema,
    request: initProducerIdRequest.defaultInitProducerIdRequest,
    write: initProducerIdRequest.writeInitProducerIdRequest,
    read: initProducerIdResponse.readInitProducerIdResponse,
  },
  offsetForLeaderEpoch: {
    schema: offsetForLeaderEpochRequest.offsetForLeaderEpochRequestSchema,
    request: offsetForLeaderEpochRequest.defaultOffsetForLeaderEpochRequest,
    write: offsetForLeaderEpochRequest.writeOffsetForLeaderEpochRequest,
    read: offsetForLeaderEpochResponse.readOffsetForLeaderEpochResponse,
  },
  describeAcls: {
    schema: describeAclsRequest.describeAclsRequestSchema,
    request: describeAclsRequest.defaultDescribeAclsRequest,
    write: describeAclsRequest.writeDescribeAclsRequest,
    read: describeAclsResponse.readDescribeAclsResponse,
  },
  createAcls: {
    schema: createAclsRequest.createAclsRequestSchema,
    request: createAclsRequest.defaultCreateAclsRequest,
    write: createAclsRequest.writeCreateAclsRequest,
    read: createAclsResponse.readCreateAclsResponse,
  },
  deleteAcls: {
    schema: deleteAclsRequest.deleteAclsRequestSchema,
    request: deleteAclsRequest.defaultDeleteAclsRequest,
    write: deleteAclsRequest.writeDeleteAclsRequest,
    read: deleteAclsResponse.readDeleteAclsResponse,
  },
  describeConfigs: {
    schema: describeConfigsRequest.describeConfigsRequestSchema,
    request: describeConfigsRequest.defaultDescribeConfigsRequest,
    write: describeConfigsRequest.writeDescribeConfigsRequest,
    read: describeConfigsResponse.readDescribeConfigsResponse,
  },
  alterConfigs: {
    schema: alterConfigsRequest.alterConfigsRequestSchema,
    request: alterConfigsRequest.defaultAlterConfigsRequest,
    write: alterConfigsRequest.writeAlterConfigsRequest,
    read: alterConfigsResponse.readAlterConfigsResponse,
  },
  saslAuthenticate: {
    schema: saslAuthenticateRequest.saslAuthenticateRequestSchema,
    request: saslAuthenticateRequest.defaultSaslAuthenticateRequest,
    write: saslAuthenticateRequest.writeSaslAuthenticateRequest,
    read: saslAuthenticateResponse.readSaslAuthenticateResponse,
  },
  createPartitions: {
    schema: createPartitionsRequest.createPartitionsRequestSchema,
    request: createPartitionsRequest.defaultCreatePartitionsRequest,
    write: createPartitionsRequest.writeCreatePartitionsRequest,
    read: createPartitionsResponse.readCreatePartitionsResponse,
  },
  deleteGroups: {
    schema: deleteGroupsRequest.deleteGroupsRequestSchema,
    request: deleteGroupsRequest.defaultDeleteGroupsRequest,
    write: deleteGroupsRequest.writeDeleteGroupsRequest,
    read: deleteGroupsResponse.readDeleteGroupsResponse,
  },
  incrementalAlterConfigs: {
    schema: incrementalAlterConfigsRequest.incrementalAlterConfigsRequestSchema,
    request: incrementalAlterConfigsRequest.defaultIncrementalAlterConfigsRequest,
    write: incrementalAlterConfigsRequest.writeIncrementalAlterConfigsRequest,
    read: incrementalAlterConfigsResponse.readIncrementalAlterConfigsResponse,
  },
  offsetDelete: {
    schema: offsetDeleteRequest.offsetDeleteRequestSchema,
    request: offsetDeleteRequest.defaultOffsetDeleteRequest,
    write: offsetDeleteRequest.writeOffsetDeleteRequest,
    read: offsetDeleteResponse.readOffsetDeleteResponse,
  },
  describeUserScramCredentials: {
    schema: describeUserScramCredentialsRequest.describeUserScramCredentialsRequestSchema,
    request: describeUserScramCredentialsRequest.defaultDescribeUserScramCredentialsRequest,
    write: describeUserScramCredentialsRequest.writeDescribeUserScramCredentialsRequest,
    read: describeUserScramCredentialsResponse.readDescribeUserScramCredentialsResponse,
  },
  alterUserScramCredentials: {
    schema: alterUserScramCredentialsRequest.alterUserScramCredentialsRequestSchema,
    request: alterUserScramCredentialsRequest.defaultAlterUserScramCredentialsRequest,
    write: alterUserScramCredentialsRequest.writeAlterUserScramCredentialsRequest,
    read: alterUserScramCredentialsResponse.readAlterUserScramCredentialsResponse,
  },
  describeCluster: {
    schema: describeClusterRequest.describeClusterRequestSchema,
    request: describeClusterRequest.defaultDescribeClusterRequest,
    write: describeClusterRequest.writeDescribeClusterRequest,
    read: describeClusterResponse.readDescribeClusterResponse,
  },
  describeProducers: {
    schema: describeProducersRequest.describeProducersRequestSchema,
    request: describeProducersRequest.defaultDescribeProducersRequest,
    write: describeProducersRequest.writeDescribeProducersRequest,
    read: describeProducersResponse.readDescribeProducersResponse,
  },
  consumerGroupHeartbeat: {
    schema: consumerGroupHeartbeatRequest.consumerGroupHeartbeatRequestSchema,
    request: consumerGroupHeartbeatRequest.defaultConsumerGroupHeartbeatRequest,
    write: consumerGroupHeartbeatRequest.writeConsumerGroupHeartbeatRequest,
    read: consumerGroupHeartbeatResponse.readConsumerGroupHeartbeatResponse,
  },
  consumerGroupDescribe: {
    schema: consumerGroupDescribeRequest.consumerGroupDescribeRequestSchema,
    request: consumerGroupDescribeRequest.defaultConsumerGroupDescribeRequest,
    write: consumerGroupDescribeRequest.writeConsumerGroupDescribeRequest,
    read: consumerGroupDescribeResponse.readConsumerGroupDescribeResponse,
  },
  describeTopicPartitions: {
    schema: describeTopicPartitionsRequest.describeTopicPartitionsRequestSchema,
    request: describeTopicPartitionsRequest.defaultDescribeTopicPartitionsRequest,
    write: describeTopicPartitionsRequest.writeDescribeTopicPartitionsRequest,
    read: describeTopicPartitionsResponse.readDescribeTopicPartitionsResponse,
  },
} as const;

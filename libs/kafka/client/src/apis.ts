import { ApiKey } from '@weirhouse/kafka-protocol';
import { writeAlterClientQuotasRequest } from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import { readAlterClientQuotasResponse } from '@weirhouse/kafka-protocol/messages/alter-client-quotas-response';
import { writeAlterUserScramCredentialsRequest } from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import { readAlterUserScramCredentialsResponse } from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-response';
import { writeCreateAclsRequest } from '@weirhouse/kafka-protocol/messages/create-acls-request';
import { readCreateAclsResponse } from '@weirhouse/kafka-protocol/messages/create-acls-response';
import { writeCreateTopicsRequest } from '@weirhouse/kafka-protocol/messages/create-topics-request';
import { readCreateTopicsResponse } from '@weirhouse/kafka-protocol/messages/create-topics-response';
import { writeDeleteAclsRequest } from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import { readDeleteAclsResponse } from '@weirhouse/kafka-protocol/messages/delete-acls-response';
import { writeDeleteTopicsRequest } from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import { readDeleteTopicsResponse } from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import { writeDescribeAclsRequest } from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import { readDescribeAclsResponse } from '@weirhouse/kafka-protocol/messages/describe-acls-response';
import { writeDescribeClientQuotasRequest } from '@weirhouse/kafka-protocol/messages/describe-client-quotas-request';
import { readDescribeClientQuotasResponse } from '@weirhouse/kafka-protocol/messages/describe-client-quotas-response';
import { writeDescribeClusterRequest } from '@weirhouse/kafka-protocol/messages/describe-cluster-request';
import { readDescribeClusterResponse } from '@weirhouse/kafka-protocol/messages/describe-cluster-response';
import { writeDescribeUserScramCredentialsRequest } from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-request';
import { readDescribeUserScramCredentialsResponse } from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-response';
import { writeListOffsetsRequest } from '@weirhouse/kafka-protocol/messages/list-offsets-request';
import { readListOffsetsResponse } from '@weirhouse/kafka-protocol/messages/list-offsets-response';
import { writeMetadataRequest } from '@weirhouse/kafka-protocol/messages/metadata-request';
import { readMetadataResponse } from '@weirhouse/kafka-protocol/messages/metadata-response';
import { writeSaslAuthenticateRequest } from '@weirhouse/kafka-protocol/messages/sasl-authenticate-request';
import { readSaslAuthenticateResponse } from '@weirhouse/kafka-protocol/messages/sasl-authenticate-response';
import { writeSaslHandshakeRequest } from '@weirhouse/kafka-protocol/messages/sasl-handshake-request';
import { readSaslHandshakeResponse } from '@weirhouse/kafka-protocol/messages/sasl-handshake-response';
import { defineApi } from './api.ts';

/** The APIs that this client speaks. */
export const apis = {
  metadata: defineApi(ApiKey.Metadata, writeMetadataRequest, readMetadataResponse),
  listOffsets: defineApi(ApiKey.ListOffsets, writeListOffsetsRequest, readListOffsetsResponse),
  saslHandshake: defineApi(
    ApiKey.SaslHandshake,
    writeSaslHandshakeRequest,
    readSaslHandshakeResponse,
  ),
  saslAuthenticate: defineApi(
    ApiKey.SaslAuthenticate,
    writeSaslAuthenticateRequest,
    readSaslAuthenticateResponse,
  ),
  createTopics: defineApi(ApiKey.CreateTopics, writeCreateTopicsRequest, readCreateTopicsResponse),
  deleteTopics: defineApi(ApiKey.DeleteTopics, writeDeleteTopicsRequest, readDeleteTopicsResponse),
  describeAcls: defineApi(ApiKey.DescribeAcls, writeDescribeAclsRequest, readDescribeAclsResponse),
  createAcls: defineApi(ApiKey.CreateAcls, writeCreateAclsRequest, readCreateAclsResponse),
  deleteAcls: defineApi(ApiKey.DeleteAcls, writeDeleteAclsRequest, readDeleteAclsResponse),
  describeClientQuotas: defineApi(
    ApiKey.DescribeClientQuotas,
    writeDescribeClientQuotasRequest,
    readDescribeClientQuotasResponse,
  ),
  alterClientQuotas: defineApi(
    ApiKey.AlterClientQuotas,
    writeAlterClientQuotasRequest,
    readAlterClientQuotasResponse,
  ),
  describeCluster: defineApi(
    ApiKey.DescribeCluster,
    writeDescribeClusterRequest,
    readDescribeClusterResponse,
  ),
  describeUserScramCredentials: defineApi(
    ApiKey.DescribeUserScramCredentials,
    writeDescribeUserScramCredentialsRequest,
    readDescribeUserScramCredentialsResponse,
  ),
  alterUserScramCredentials: defineApi(
    ApiKey.AlterUserScramCredentials,
    writeAlterUserScramCredentialsRequest,
    readAlterUserScramCredentialsResponse,
  ),
} as const;

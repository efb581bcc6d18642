import { ApiKey } from '@weirhouse/kafka-protocol';
import { writeConsumerGroupDescribeRequest } from '@weirhouse/kafka-protocol/messages/consumer-group-describe-request';
import { readConsumerGroupDescribeResponse } from '@weirhouse/kafka-protocol/messages/consumer-group-describe-response';
import { writeCreatePartitionsRequest } from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import { readCreatePartitionsResponse } from '@weirhouse/kafka-protocol/messages/create-partitions-response';
import { writeDescribeConfigsRequest } from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import { readDescribeConfigsResponse } from '@weirhouse/kafka-protocol/messages/describe-configs-response';
import { writeDescribeGroupsRequest } from '@weirhouse/kafka-protocol/messages/describe-groups-request';
import { readDescribeGroupsResponse } from '@weirhouse/kafka-protocol/messages/describe-groups-response';
import { writeFetchRequest } from '@weirhouse/kafka-protocol/messages/fetch-request';
import { readFetchResponse } from '@weirhouse/kafka-protocol/messages/fetch-response';
import { writeFindCoordinatorRequest } from '@weirhouse/kafka-protocol/messages/find-coordinator-request';
import { readFindCoordinatorResponse } from '@weirhouse/kafka-protocol/messages/find-coordinator-response';
import { writeIncrementalAlterConfigsRequest } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import { readIncrementalAlterConfigsResponse } from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-response';
import { writeListGroupsRequest } from '@weirhouse/kafka-protocol/messages/list-groups-request';
import { readListGroupsResponse } from '@weirhouse/kafka-protocol/messages/list-groups-response';
import { writeListPartitionReassignmentsRequest } from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-request';
import { readListPartitionReassignmentsResponse } from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-response';
import { writeOffsetFetchRequest } from '@weirhouse/kafka-protocol/messages/offset-fetch-request';
import { readOffsetFetchResponse } from '@weirhouse/kafka-protocol/messages/offset-fetch-response';
import { writeProduceRequest } from '@weirhouse/kafka-protocol/messages/produce-request';
import { readProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';
import { defineApi, upTo } from './api.ts';

/** The newest versions in which topics have names: later ones know them by id only. */
const PRODUCE_BY_NAME_VERSION = 12;
const OFFSET_FETCH_BY_NAME_VERSION = 9;
const FETCH_BY_NAME_VERSION = 12;

/** The APIs about what is inside topics and groups. */
export const insideApis = {
  produce: upTo(
    PRODUCE_BY_NAME_VERSION,
    defineApi(ApiKey.Produce, writeProduceRequest, readProduceResponse),
  ),
  fetch: upTo(FETCH_BY_NAME_VERSION, defineApi(ApiKey.Fetch, writeFetchRequest, readFetchResponse)),
  offsetFetch: upTo(
    OFFSET_FETCH_BY_NAME_VERSION,
    defineApi(ApiKey.OffsetFetch, writeOffsetFetchRequest, readOffsetFetchResponse),
  ),
  findCoordinator: defineApi(
    ApiKey.FindCoordinator,
    writeFindCoordinatorRequest,
    readFindCoordinatorResponse,
  ),
  describeGroups: defineApi(
    ApiKey.DescribeGroups,
    writeDescribeGroupsRequest,
    readDescribeGroupsResponse,
  ),
  listGroups: defineApi(ApiKey.ListGroups, writeListGroupsRequest, readListGroupsResponse),
  describeConfigs: defineApi(
    ApiKey.DescribeConfigs,
    writeDescribeConfigsRequest,
    readDescribeConfigsResponse,
  ),
  createPartitions: defineApi(
    ApiKey.CreatePartitions,
    writeCreatePartitionsRequest,
    readCreatePartitionsResponse,
  ),
  incrementalAlterConfigs: defineApi(
    ApiKey.IncrementalAlterConfigs,
    writeIncrementalAlterConfigsRequest,
    readIncrementalAlterConfigsResponse,
  ),
  listPartitionReassignments: defineApi(
    ApiKey.ListPartitionReassignments,
    writeListPartitionReassignmentsRequest,
    readListPartitionReassignmentsResponse,
  ),
  consumerGroupDescribe: defineApi(
    ApiKey.ConsumerGroupDescribe,
    writeConsumerGroupDescribeRequest,
    readConsumerGroupDescribeResponse,
  ),
} as const;

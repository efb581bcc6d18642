// ListConfigResources: versions 0 and 1 (KIP-1000, KIP-1142). v0 lists client metrics subscriptions; v1
// everything that has settings, by type. Needs DESCRIBE_CONFIGS on the cluster.
import { AclOperation, ConfigResourceType, type MetadataImage } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  listConfigResourcesRequestSchema,
  readListConfigResourcesRequest,
  type ListConfigResourcesRequest,
} from '@weirhouse/kafka-protocol/messages/list-config-resources-request';
import {
  writeListConfigResourcesResponse,
  type ListConfigResourcesResponse,
} from '@weirhouse/kafka-protocol/messages/list-config-resources-response';

import { defineHandler } from '../handler.ts';

const TYPES_FROM_VERSION = 1;

const { BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP, TOPIC } = ConfigResourceType;

/** In the order of Kafka's answers. */
const LISTED_TYPES: readonly number[] = [GROUP, CLIENT_METRICS, BROKER_LOGGER, BROKER, TOPIC];

/** API key 74. */
export const listConfigResources = defineHandler<
  ListConfigResourcesRequest,
  ListConfigResourcesResponse
>({
  schema: listConfigResourcesRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  borrowsFrame: true,
  read: readListConfigResourcesRequest,
  write: writeListConfigResourcesResponse,
  handle({ caller, services, version }, request, respond) {
    const refuse = (errorCode: number) =>
      respond({ throttleTimeMs: 0, errorCode, configResources: [] });
    if (!services.access.cluster(caller, AclOperation.DESCRIBE_CONFIGS))
      return refuse(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    const asked = version < TYPES_FROM_VERSION ? [CLIENT_METRICS] : request.resourceTypes;
    if (asked.some((type) => !LISTED_TYPES.includes(type)))
      return refuse(KafkaError.UNSUPPORTED_VERSION);
    const types =
      asked.length === 0 ? LISTED_TYPES : LISTED_TYPES.filter((type) => asked.includes(type));
    const configResources = types.flatMap((resourceType) =>
      namesOf(services.image, resourceType).map((resourceName) => ({ resourceName, resourceType })),
    );
    respond({ throttleTimeMs: 0, errorCode: KafkaError.NONE, configResources });
  },
});

/** Topics and brokers always have settings; groups and subscriptions are listed once something is set. */
function namesOf(image: MetadataImage, resourceType: number): string[] {
  switch (resourceType) {
    case TOPIC:
      return Array.from(image.topics.values(), ({ name }) => name);
    case BROKER:
    case BROKER_LOGGER:
      return image.brokers.listActive().map(({ id }) => String(id));
    default:
      return image.configs
        .list()
        .filter((resource) => resource.resourceType === resourceType)
        .map(({ resourceName }) => resourceName);
  }
}

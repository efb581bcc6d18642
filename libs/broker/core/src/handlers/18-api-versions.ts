// ApiVersions: versions 0 to 4, allowed before authentication on every listener. An unknown version is
// answered in v0 by the connection. Below v4 features with a minimum of 0 are left out (KAFKA-17492).
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  apiVersionsRequestSchema,
  readApiVersionsRequest,
  type ApiVersionsRequest,
} from '@weirhouse/kafka-protocol/messages/api-versions-request';
import {
  defaultApiVersionsResponse,
  writeApiVersionsResponse,
  type ApiVersionsResponse,
} from '@weirhouse/kafka-protocol/messages/api-versions-response';

import { ADVERTISED_FEATURES } from '../features.ts';
import { defineHandler } from '../handler.ts';

const SOFTWARE_FROM_VERSION = 3;
const ZERO_MINIMUM_FROM_VERSION = 4;

/** What a client may call itself (KIP-511). */
const SOFTWARE_PATTERN = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/;

/** API key 18. */
export const apiVersions = defineHandler<ApiVersionsRequest, ApiVersionsResponse>({
  schema: apiVersionsRequestSchema,
  minVersion: 0,
  maxVersion: 4,
  authenticated: false,
  borrowsFrame: true,
  read: readApiVersionsRequest,
  write: writeApiVersionsResponse,
  handle(context, request, respond) {
    const { services, version } = context;
    if (version >= SOFTWARE_FROM_VERSION && !isNamed(request))
      return respond({ ...defaultApiVersionsResponse(), errorCode: KafkaError.INVALID_REQUEST });
    const features = ADVERTISED_FEATURES.filter(
      (feature) => feature.minVersion > 0 || version >= ZERO_MINIMUM_FROM_VERSION,
    );
    respond({
      ...defaultApiVersionsResponse(),
      apiKeys: services.apis,
      supportedFeatures: features,
      finalizedFeaturesEpoch: services.metadata.committedOffset,
      finalizedFeatures: Array.from(services.image.features, ([name, level]) => ({
        name,
        maxVersionLevel: level,
        minVersionLevel: level,
      })),
    });
  },
});

function isNamed(request: ApiVersionsRequest): boolean {
  return (
    SOFTWARE_PATTERN.test(request.clientSoftwareName) &&
    SOFTWARE_PATTERN.test(request.clientSoftwareVersion)
  );
}

// IncrementalAlterConfigs: versions 0 and 1 (KIP-339). Sets, deletes, appends to and subtracts from settings. Needs
// ALTER_CONFIGS on the topic or group, or on the cluster for the rest. Loggers are not metadata: this broker
// sets them at once.
import {
  AclOperation,
  ConfigResourceType,
  incrementalAlterConfigs as decide,
} from '@weirhouse/broker-metadata';
import {
  incrementalAlterConfigsRequestSchema,
  readIncrementalAlterConfigsRequest,
  type IncrementalAlterConfigsRequest,
} from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-request';
import {
  writeIncrementalAlterConfigsResponse,
  type IncrementalAlterConfigsResponseAlterConfigsResourceResponse as Result,
  type IncrementalAlterConfigsResponse,
} from '@weirhouse/kafka-protocol/messages/incremental-alter-configs-response';

import { checkConfigAccess, type ConfigResourceName } from '../config-access.ts';
import { defineHandler } from '../handler.ts';
import { alterLoggers } from '../loggers.ts';
import { findReservedFault } from '../reserved-settings.ts';

/** API key 44. */
export const incrementalAlterConfigs = defineHandler<
  IncrementalAlterConfigsRequest,
  IncrementalAlterConfigsResponse
>({
  schema: incrementalAlterConfigsRequestSchema,
  minVersion: 0,
  maxVersion: 1,
  authenticated: true,
  notes: [
    'An unknown setting of a broker is refused (error 40): there are no plug-ins that it could be for.',
    '`num.partitions` and `auto.create.topics.enable`, which Kafka fixes at the start, change for all brokers while they run; so do `ssl.enabled.protocols` and `ssl.cipher.suites`, which Kafka changes for one broker at a time.',
  ],
  borrowsFrame: true,
  read: readIncrementalAlterConfigsRequest,
  write: writeIncrementalAlterConfigsResponse,
  handle(context, request, respond) {
    const answer = (responses: readonly Result[]) => respond({ throttleTimeMs: 0, responses });
    const { nodeId, ports } = context.services;
    const options = { nodeId, validateOnly: request.validateOnly };
    const settled: Result[] = [];
    const resources = request.resources.filter((resource) => {
      const errorCode = checkConfigAccess(context, AclOperation.ALTER_CONFIGS, resource);
      const reserved = findReservedFault(context, resource);
      if (errorCode !== 0) settled.push(failed(resource, errorCode));
      else if (reserved) settled.push({ ...failed(resource, 0), ...reserved });
      else if (resource.resourceType === ConfigResourceType.BROKER_LOGGER)
        settled.push({ ...failed(resource, 0), ...alterLoggers(ports.loggers, resource, options) });
      else return true;
      return false;
    });
    context.services.metadata.submit(
      (controller) => decide(controller, { ...request, resources }),
      (response) => answer([...settled, ...response.responses]),
      (errorCode) => answer(request.resources.map((resource) => failed(resource, errorCode))),
    );
  },
});

function failed({ resourceName, resourceType }: ConfigResourceName, errorCode: number): Result {
  return { errorCode, errorMessage: null, resourceType, resourceName };
}

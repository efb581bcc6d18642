// AlterConfigs: versions 0 to 2, deprecated by KIP-339. Replaces all settings of a resource. Needs
// ALTER_CONFIGS on the topic, or on the cluster for brokers.
import { AclOperation, alterConfigs as decide } from '@weirhouse/broker-metadata';
import {
  alterConfigsRequestSchema,
  readAlterConfigsRequest,
  type AlterConfigsRequest,
} from '@weirhouse/kafka-protocol/messages/alter-configs-request';
import {
  writeAlterConfigsResponse,
  type AlterConfigsResourceResponse,
  type AlterConfigsResponse,
} from '@weirhouse/kafka-protocol/messages/alter-configs-response';

import { checkConfigAccess, type ConfigResourceName } from '../config-access.ts';
import { defineHandler } from '../handler.ts';
import { findReservedFault } from '../reserved-settings.ts';

/** API key 33. */
export const alterConfigs = defineHandler<AlterConfigsRequest, AlterConfigsResponse>({
  schema: alterConfigsRequestSchema,
  minVersion: 0,
  maxVersion: 2,
  authenticated: true,
  notes: [
    'An unknown setting of a broker is refused (error 40): there are no plug-ins that it could be for.',
  ],
  borrowsFrame: true,
  read: readAlterConfigsRequest,
  write: writeAlterConfigsResponse,
  handle(context, request, respond) {
    const answer = (responses: readonly AlterConfigsResourceResponse[]) =>
      respond({ throttleTimeMs: 0, responses });
    const refused: AlterConfigsResourceResponse[] = [];
    const resources = request.resources.filter((resource) => {
      const errorCode = checkConfigAccess(context, AclOperation.ALTER_CONFIGS, resource);
      const fault =
        errorCode === 0 ? findReservedFault(context, resource) : { errorCode, errorMessage: null };
      if (fault) refused.push({ ...failed(resource, 0), ...fault });
      return fault === undefined;
    });
    context.services.metadata.submit(
      (controller) => decide(controller, { ...request, resources }),
      (response) => answer([...refused, ...response.responses]),
      (errorCode) => answer(request.resources.map((resource) => failed(resource, errorCode))),
    );
  },
});

function failed(
  { resourceName, resourceType }: ConfigResourceName,
  errorCode: number,
): AlterConfigsResourceResponse {
  return { errorCode, errorMessage: null, resourceType, resourceName };
}

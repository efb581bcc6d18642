// DescribeConfigs: versions 1 to 4. v1 sources and synonyms, v3 types and documentation (KIP-569).
// Needs DESCRIBE_CONFIGS on the topic, or on the cluster for brokers.
import {
  AclOperation,
  describeConfigs as describe,
  describeConfigsFailure,
} from '@weirhouse/broker-metadata';
import {
  describeConfigsRequestSchema,
  readDescribeConfigsRequest,
  type DescribeConfigsRequest,
} from '@weirhouse/kafka-protocol/messages/describe-configs-request';
import {
  writeDescribeConfigsResponse,
  type DescribeConfigsResponse,
} from '@weirhouse/kafka-protocol/messages/describe-configs-response';

import { checkConfigAccess } from '../config-access.ts';
import { defineHandler } from '../handler.ts';

/** API key 32. */
export const describeConfigs = defineHandler<DescribeConfigsRequest, DescribeConfigsResponse>({
  schema: describeConfigsRequestSchema,
  minVersion: 1,
  maxVersion: 4,
  authenticated: true,
  notes: ['The texts of the documentation are our own.', 'There is one logger, `root`.'],
  borrowsFrame: true,
  read: readDescribeConfigsRequest,
  write: writeDescribeConfigsResponse,
  handle(context, request, respond) {
    const { configs, image, ports } = context.services;
    const levels = ports.loggers.levels();
    const { includeDocumentation, includeSynonyms } = request;
    const results = request.resources.map((resource) => {
      const errorCode = checkConfigAccess(context, AclOperation.DESCRIBE_CONFIGS, resource);
      return errorCode === 0
        ? describe(
            { image, configs, loggers: levels, includeDocumentation, includeSynonyms },
            resource,
          )
        : describeConfigsFailure(resource, { errorCode, errorMessage: null });
    });
    respond({ throttleTimeMs: 0, results });
  },
});

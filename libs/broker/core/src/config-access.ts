import { type AclOperation, ConfigResourceType } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from './handler.ts';

/** A resource with settings, as requests name it. */
export interface ConfigResourceName {
  readonly resourceType: number;
  readonly resourceName: string;
}

/**
 * 0 when the caller may do `operation` (DESCRIBE_CONFIGS or ALTER_CONFIGS) on a resource's settings: on
 * the topic, on the group, and for everything else on the cluster. Otherwise 29, 30 or 31.
 */
export function checkConfigAccess(
  { caller, services }: RequestContext,
  operation: typeof AclOperation.DESCRIBE_CONFIGS | typeof AclOperation.ALTER_CONFIGS,
  { resourceName, resourceType }: ConfigResourceName,
): number {
  const { access } = services;
  switch (resourceType) {
    case ConfigResourceType.TOPIC:
      return access.topic(caller, operation, resourceName)
        ? 0
        : KafkaError.TOPIC_AUTHORIZATION_FAILED;
    case ConfigResourceType.GROUP:
      return access.group(caller, operation, resourceName)
        ? 0
        : KafkaError.GROUP_AUTHORIZATION_FAILED;
    default:
      return access.cluster(caller, operation) ? 0 : KafkaError.CLUSTER_AUTHORIZATION_FAILED;
  }
}

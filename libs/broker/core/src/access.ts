import {
  AclOperation,
  AclResourceType,
  CLUSTER_RESOURCE_NAME,
  type Authorizer,
} from '@weirhouse/broker-metadata';

import type { Caller } from './handler.ts';

/** What an answer holds where authorized operations were not asked for (KIP-430). */
export const OPERATIONS_OMITTED = -2_147_483_648;

const TOPIC_OPERATIONS = [
  AclOperation.READ,
  AclOperation.WRITE,
  AclOperation.CREATE,
  AclOperation.DELETE,
  AclOperation.ALTER,
  AclOperation.DESCRIBE,
  AclOperation.DESCRIBE_CONFIGS,
  AclOperation.ALTER_CONFIGS,
];
const GROUP_OPERATIONS = [
  AclOperation.READ,
  AclOperation.DELETE,
  AclOperation.DESCRIBE,
  AclOperation.DESCRIBE_CONFIGS,
  AclOperation.ALTER_CONFIGS,
];
const CLUSTER_OPERATIONS = [
  AclOperation.CREATE,
  AclOperation.ALTER,
  AclOperation.DESCRIBE,
  AclOperation.CLUSTER_ACTION,
  AclOperation.DESCRIBE_CONFIGS,
  AclOperation.ALTER_CONFIGS,
  AclOperation.IDEMPOTENT_WRITE,
];

/** What callers may do, in the words of the handlers. Every question is one decision on the ACLs. */
export class Access {
  readonly #authorizer: Authorizer;

  constructor(authorizer: Authorizer) {
    this.#authorizer = authorizer;
  }

  /** True for the platform itself, which acts as a super user and may use our extension fields. */
  isPlatform(caller: Caller): boolean {
    return this.#authorizer.isSuperUser(caller.principal);
  }

  topic(caller: Caller, operation: AclOperation, name: string): boolean {
    return this.#decide(caller, operation, AclResourceType.TOPIC, name);
  }

  group(caller: Caller, operation: AclOperation, id: string): boolean {
    return this.#decide(caller, operation, AclResourceType.GROUP, id);
  }

  transactionalId(caller: Caller, operation: AclOperation, id: string): boolean {
    return this.#decide(caller, operation, AclResourceType.TRANSACTIONAL_ID, id);
  }

  cluster(caller: Caller, operation: AclOperation): boolean {
    return this.#decide(caller, operation, AclResourceType.CLUSTER, CLUSTER_RESOURCE_NAME);
  }

  /** True when some topic may be written: enough for a producer id (KIP-360, since Kafka 2.8). */
  someTopicWrite(caller: Caller): boolean {
    return this.#authorizer.authorizeByResourceType(
      caller,
      AclOperation.WRITE,
      AclResourceType.TOPIC,
    );
  }

  /** The bit field of KIP-430: bit n is set when operation n is allowed. */
  topicOperations(caller: Caller, name: string): number {
    return bits(TOPIC_OPERATIONS, (operation) => this.topic(caller, operation, name));
  }

  groupOperations(caller: Caller, id: string): number {
    return bits(GROUP_OPERATIONS, (operation) => this.group(caller, operation, id));
  }

  /** Nothing is told to those who may not describe the cluster. */
  clusterOperations(caller: Caller): number {
    if (!this.cluster(caller, AclOperation.DESCRIBE)) return 0;
    return bits(CLUSTER_OPERATIONS, (operation) => this.cluster(caller, operation));
  }

  #decide(
    caller: Caller,
    operation: AclOperation,
    resourceType: AclResourceType,
    resourceName: string,
  ): boolean {
    return this.#authorizer.authorize(caller, operation, resourceType, resourceName);
  }
}

function bits(
  operations: readonly AclOperation[],
  isAllowed: (operation: AclOperation) => boolean,
): number {
  let field = 0;
  for (const operation of operations) if (isAllowed(operation)) field |= 1 << operation;
  return field;
}

import { AclOperation, AclResourceType } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { ApiCall } from './api-calls.ts';

/** A right: an operation on a resource. */
export interface Grant {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly operation: number;
}

/** A right that a request must have, or one of some, and the error code of a request without it. */
export interface Need {
  readonly anyOf: readonly Grant[];
  readonly denied: number;
}

/** One way to call an API and all that the caller needs; `api.read` gives the error code to look at. */
export interface AccessRow {
  readonly name: string;
  readonly apiKey: number;
  readonly version: number;
  readonly api: ApiCall<object, number | undefined>;
  readonly needs: readonly Need[];
}

/** The names that rows use: the topic exists, the group and the transactional id need not. */
export const TOPIC = 't';
export const GROUP = 'g';
export const TRANSACTIONAL_ID = 'x';

/** Any one of the grants; the error is that of the first grant's resource unless said. */
export function need(grants: Grant | readonly Grant[], denied?: number): Need {
  const anyOf = 'resourceType' in grants ? [grants] : grants;
  const [first] = anyOf;
  return { anyOf, denied: denied ?? AUTHORIZATION_ERRORS.get(first?.resourceType ?? 0) ?? -1 };
}

/** What an API without the right to a resource answers, by the type of the resource. */
export const AUTHORIZATION_ERRORS: ReadonlyMap<number, number> = new Map([
  [AclResourceType.TOPIC, KafkaError.TOPIC_AUTHORIZATION_FAILED],
  [AclResourceType.GROUP, KafkaError.GROUP_AUTHORIZATION_FAILED],
  [AclResourceType.CLUSTER, KafkaError.CLUSTER_AUTHORIZATION_FAILED],
  [AclResourceType.TRANSACTIONAL_ID, KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
  [AclResourceType.DELEGATION_TOKEN, KafkaError.DELEGATION_TOKEN_AUTHORIZATION_FAILED],
]);

/** A right to the cluster. */
export function cluster(operation: number): Grant {
  return { resourceType: AclResourceType.CLUSTER, resourceName: 'kafka-cluster', operation };
}

/** A right to the topic of the rows, or to another one. */
export function topic(operation: number, resourceName = TOPIC): Grant {
  return { resourceType: AclResourceType.TOPIC, resourceName, operation };
}

/** A right to the group of the rows. */
export function group(operation: number): Grant {
  return { resourceType: AclResourceType.GROUP, resourceName: GROUP, operation };
}

/** A right to the transactional id of the rows. */
export function transactionalId(operation: number): Grant {
  const resourceType = AclResourceType.TRANSACTIONAL_ID;
  return { resourceType, resourceName: TRANSACTIONAL_ID, operation };
}

/** How a row calls its API. */
interface RowCall<Request, Response> {
  /** What sets this way apart from others of the same API. */
  readonly as?: string;
  readonly version: number;
  readonly message: Partial<Request>;
  readonly errorOf: (response: Response) => number | undefined;
  readonly needs: readonly Need[];
}

/** A row; the message types of its API are hidden, so that rows of different APIs are one list. */
export function row<Request extends object, Response>(
  api: ApiCall<Request, Response>,
  call: RowCall<Request, Response>,
): AccessRow {
  const { as, errorOf, message, needs, version } = call;
  const name = api.schema.name.replace(/Request$/, '');
  return {
    name: as === undefined ? name : `${name} ${as}`,
    apiKey: api.schema.apiKey,
    version,
    needs,
    api: {
      schema: api.schema,
      request: () => ({}),
      write: (writer, _, at) => api.write(writer, { ...api.request(), ...message }, at),
      read: (reader, at) => errorOf(api.read(reader, at)),
    },
  };
}

/** Operations that include another one when they are allowed (KIP-11). */
const INCLUDED_IN: ReadonlyMap<number, readonly number[]> = new Map([
  [
    AclOperation.DESCRIBE,
    [AclOperation.READ, AclOperation.WRITE, AclOperation.DELETE, AclOperation.ALTER],
  ],
  [AclOperation.DESCRIBE_CONFIGS, [AclOperation.ALTER_CONFIGS]],
]);

/** Whether to be allowed `operation` includes what `grant` asks for. */
export function isEnough(operation: number, grant: Grant): boolean {
  return (
    operation === AclOperation.ALL ||
    operation === grant.operation ||
    (INCLUDED_IN.get(grant.operation) ?? []).includes(operation)
  );
}

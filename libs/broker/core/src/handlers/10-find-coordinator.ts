// FindCoordinator: versions 0 to 6. v1 key type, v4 several keys (KIP-699). Groups and transactions:
// share groups have no coordinator here yet. The coordinator's topic is made on first use.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  findCoordinatorRequestSchema,
  readFindCoordinatorRequest,
  type FindCoordinatorRequest,
} from '@weirhouse/kafka-protocol/messages/find-coordinator-request';
import {
  defaultFindCoordinatorResponse,
  writeFindCoordinatorResponse,
  type FindCoordinatorResponse,
  type FindCoordinatorResponseCoordinator,
} from '@weirhouse/kafka-protocol/messages/find-coordinator-response';

import type { CoordinatorLookup } from '../coordinators/coordinator-service.ts';
import { endpointOf } from '../endpoints.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

const KeyType = { GROUP: 0, TRANSACTION: 1 } as const;
const BATCHED_FROM_VERSION = 4;
/** What Kafka says in versions 1 to 3 when there is no error. */
const FOUND_MESSAGE = 'NONE';

type Coordinator = FindCoordinatorResponseCoordinator;

/** API key 10. */
export const findCoordinator = defineHandler<FindCoordinatorRequest, FindCoordinatorResponse>({
  schema: findCoordinatorRequestSchema,
  minVersion: 0,
  maxVersion: 6,
  authenticated: true,
  borrowsFrame: true,
  read: readFindCoordinatorRequest,
  write: writeFindCoordinatorResponse,
  handle(context, request, respond) {
    const isBatched = context.version >= BATCHED_FROM_VERSION;
    const keys = isBatched ? request.coordinatorKeys : [request.key];
    const answer = (coordinators: readonly Coordinator[]) => {
      const [only] = coordinators;
      if (isBatched || only === undefined)
        return respond({ ...defaultFindCoordinatorResponse(), coordinators });
      const { key: _, ...single } = only;
      const isFound = only.errorCode === KafkaError.NONE;
      const errorMessage = isFound ? FOUND_MESSAGE : only.errorMessage;
      respond({ ...defaultFindCoordinatorResponse(), ...single, errorMessage });
    };
    const coordinators: Coordinator[] = [];
    let missing = keys.length;
    if (missing === 0) return answer(coordinators);
    for (const [position, key] of keys.entries()) {
      find(context, key, request.keyType, (coordinator) => {
        coordinators[position] = coordinator;
        if (--missing === 0) answer(coordinators);
      });
    }
  },
});

function find(
  context: RequestContext,
  key: string,
  keyType: number,
  done: (coordinator: Coordinator) => void,
): void {
  const failed = (errorCode: number, errorMessage: string | null = null) =>
    done({ key, nodeId: -1, host: '', port: -1, errorCode, errorMessage });
  const { access, groups, transactions } = context.services;
  const answer = (lookup: CoordinatorLookup): void => {
    if (!lookup.ok) return failed(lookup.errorCode);
    const endpoint = endpointOf(context, lookup.nodeId);
    if (endpoint === undefined) return failed(KafkaError.COORDINATOR_NOT_AVAILABLE);
    const { host, nodeId, port } = endpoint;
    done({ key, nodeId, host, port, errorCode: KafkaError.NONE, errorMessage: '' });
  };
  if (keyType === KeyType.TRANSACTION) {
    if (!access.transactionalId(context.caller, AclOperation.DESCRIBE, key))
      return failed(KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
    return transactions.coordinator.findCoordinator(key, answer);
  }
  if (keyType !== KeyType.GROUP)
    return failed(
      KafkaError.INVALID_REQUEST,
      'Only groups and transactions have coordinators here',
    );
  if (!access.group(context.caller, AclOperation.DESCRIBE, key))
    return failed(KafkaError.GROUP_AUTHORIZATION_FAILED);
  groups.findCoordinator(key, answer);
}

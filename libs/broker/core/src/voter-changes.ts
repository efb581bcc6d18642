import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import type { RequestContext } from './handler.ts';

interface VoterAnswer {
  readonly throttleTimeMs: number;
  readonly errorCode: number;
  readonly errorMessage: string | null;
}

/** The answer to a change of voters: refused as by a quorum whose voters are fixed (35, or 31, 104). */
export function refuseVoterChange(
  { caller, services }: RequestContext,
  clusterId: string | null,
): VoterAnswer {
  if (!services.access.cluster(caller, AclOperation.ALTER))
    return answer(KafkaError.CLUSTER_AUTHORIZATION_FAILED, null);
  if (clusterId !== null && clusterId !== services.clusterId)
    return answer(KafkaError.INCONSISTENT_CLUSTER_ID, null);
  const message = 'The voters of this cluster are fixed: its kraft.version is 0.';
  return answer(KafkaError.UNSUPPORTED_VERSION, message);
}

function answer(errorCode: number, errorMessage: string | null): VoterAnswer {
  return { throttleTimeMs: 0, errorCode, errorMessage };
}

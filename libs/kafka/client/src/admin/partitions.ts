import {
  defaultCreatePartitionsRequest,
  defaultCreatePartitionsTopic,
} from '@weirhouse/kafka-protocol/messages/create-partitions-request';
import { defaultListPartitionReassignmentsRequest } from '@weirhouse/kafka-protocol/messages/list-partition-reassignments-request';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { requireSuccess } from '../errors.ts';
import { insideApis } from '../inside-apis.ts';

/** A partition whose replicas are being moved. */
export interface Reassignment {
  readonly topic: string;
  readonly partition: number;
  readonly replicas: readonly number[];
  readonly addingReplicas: readonly number[];
  readonly removingReplicas: readonly number[];
}

/** Gives a topic more partitions: `count` is how many it has then. */
export async function createPartitions(
  send: Send,
  topic: { readonly name: string; readonly count: number },
  timeoutMs: number,
): Promise<void> {
  const response = await send(insideApis.createPartitions, {
    ...defaultCreatePartitionsRequest(),
    topics: [
      Object.assign(defaultCreatePartitionsTopic(), {
        name: topic.name,
        count: topic.count,
        assignments: null,
      }),
    ],
    timeoutMs,
    validateOnly: false,
  });
  const [result] = response.results;
  if (!result) throw new AppError('corrupt', 'the broker did not answer for the topic');
  requireSuccess(result.errorCode, result.errorMessage);
}

/** Every partition whose replicas are being moved. */
export async function listReassignments(
  send: Send,
  timeoutMs: number,
): Promise<readonly Reassignment[]> {
  const request = { ...defaultListPartitionReassignmentsRequest(), timeoutMs, topics: null };
  const response = await send(insideApis.listPartitionReassignments, request);
  requireSuccess(response.errorCode, response.errorMessage);
  return response.topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partitionIndex, replicas, addingReplicas, removingReplicas }) => ({
      topic: name,
      partition: partitionIndex,
      replicas,
      addingReplicas,
      removingReplicas,
    })),
  );
}

// AlterReplicaLogDirs: versions 1 and 2 (KIP-113). A broker has one log directory here, so a replica can
// only be moved to where it is; any other directory is unknown (57). Needs ALTER on the cluster.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  alterReplicaLogDirsRequestSchema,
  readAlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsRequest,
} from '@weirhouse/kafka-protocol/messages/alter-replica-log-dirs-request';
import {
  writeAlterReplicaLogDirsResponse,
  type AlterReplicaLogDirsResponse,
} from '@weirhouse/kafka-protocol/messages/alter-replica-log-dirs-response';

import { defineHandler, type RequestContext } from '../handler.ts';

interface Result {
  readonly partitionIndex: number;
  readonly errorCode: number;
}

interface Move {
  readonly path: string;
  readonly name: string;
  readonly partitionIndex: number;
}

/** API key 34. */
export const alterReplicaLogDirs = defineHandler<
  AlterReplicaLogDirsRequest,
  AlterReplicaLogDirsResponse
>({
  schema: alterReplicaLogDirsRequestSchema,
  minVersion: 1,
  maxVersion: 2,
  authenticated: true,
  notes: ['A broker has one log directory.'],
  borrowsFrame: true,
  read: readAlterReplicaLogDirsRequest,
  write: writeAlterReplicaLogDirsResponse,
  handle(context, request, respond) {
    const byTopic = new Map<string, Result[]>();
    for (const { path, topics } of request.dirs)
      for (const { name, partitions } of topics) {
        const results = byTopic.get(name) ?? [];
        for (const partitionIndex of partitions) {
          const errorCode = move(context, { path, name, partitionIndex });
          results.push({ partitionIndex, errorCode });
        }
        byTopic.set(name, results);
      }
    const results = Array.from(byTopic, ([topicName, partitions]) => ({ topicName, partitions }));
    respond({ throttleTimeMs: 0, results });
  },
});

function move({ caller, services }: RequestContext, wish: Move): number {
  const { access, image, logDirectory } = services;
  if (!access.cluster(caller, AclOperation.ALTER)) return KafkaError.CLUSTER_AUTHORIZATION_FAILED;
  if (wish.path !== logDirectory.path) return KafkaError.LOG_DIR_NOT_FOUND;
  const partition = image.topics.find(wish.name)?.partitions[wish.partitionIndex];
  return partition === undefined ? KafkaError.UNKNOWN_TOPIC_OR_PARTITION : KafkaError.NONE;
}

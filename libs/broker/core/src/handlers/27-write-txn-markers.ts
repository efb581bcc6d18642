// WriteTxnMarkers: versions 1 and 2 (v2 the transaction's version, KIP-1228). Brokers send it to the
// leaders of a transaction's partitions, administrators to end a transaction that nobody will
// (kafka-transactions abort). Needs CLUSTER_ACTION or, since KIP-1037, ALTER on the cluster.
import { AclOperation } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';
import {
  readWriteTxnMarkersRequest,
  writeTxnMarkersRequestSchema,
  type WriteTxnMarkersRequest,
  type WriteTxnMarkersRequestWritableTxnMarker,
} from '@weirhouse/kafka-protocol/messages/write-txn-markers-request';
import {
  writeWriteTxnMarkersResponse,
  type WriteTxnMarkersResponse,
  type WriteTxnMarkersResponseWritableTxnMarkerResult,
} from '@weirhouse/kafka-protocol/messages/write-txn-markers-response';

import { forEachWithAnswer } from '../gather.ts';
import { defineHandler, type RequestContext } from '../handler.ts';

type Marker = WriteTxnMarkersRequestWritableTxnMarker;
type MarkerResult = WriteTxnMarkersResponseWritableTxnMarkerResult;
type WriteOne = (topic: string, partition: number, done: (errorCode: number) => void) => void;

/** API key 27. */
export const writeTxnMarkers = defineHandler<WriteTxnMarkersRequest, WriteTxnMarkersResponse>({
  schema: writeTxnMarkersRequestSchema,
  minVersion: 1,
  maxVersion: 2,
  authenticated: true,
  borrowsFrame: true,
  read: readWriteTxnMarkersRequest,
  write: writeWriteTxnMarkersResponse,
  handle(context, request, respond) {
    const isAllowed = mayWrite(context);
    forEachWithAnswer<Marker, MarkerResult>(
      request.markers,
      (marker, done) => {
        const write: WriteOne = isAllowed
          ? (topic, partition, answer) => writeOne(context, marker, { topic, partition }, answer)
          : (_topic, _partition, answer) => answer(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
        writeAll(marker, write, done);
      },
      (markers) => respond({ markers }),
    );
  },
});

function mayWrite({ caller, services }: RequestContext): boolean {
  const { access } = services;
  return (
    access.cluster(caller, AclOperation.ALTER) ||
    access.cluster(caller, AclOperation.CLUSTER_ACTION)
  );
}

function writeAll(marker: Marker, write: WriteOne, done: (result: MarkerResult) => void): void {
  const { producerId } = marker;
  forEachWithAnswer<Marker['topics'][number], MarkerResult['topics'][number]>(
    marker.topics,
    ({ name, partitionIndexes }, topicDone) =>
      forEachWithAnswer<number, { partitionIndex: number; errorCode: number }>(
        partitionIndexes,
        (partitionIndex, answer) =>
          write(name, partitionIndex, (errorCode) => answer({ partitionIndex, errorCode })),
        (partitions) => topicDone({ name, partitions }),
      ),
    (topics) => done({ producerId, topics }),
  );
}

function writeOne(
  { services }: RequestContext,
  marker: Marker,
  place: { readonly topic: string; readonly partition: number },
  done: (errorCode: number) => void,
): void {
  const { coordinatorEpoch, producerEpoch, producerId, transactionResult: commit } = marker;
  const { transactionVersion } = marker;
  services.transactions.markers.write(
    place,
    { producerId, producerEpoch, coordinatorEpoch, commit, transactionVersion },
    done,
  );
}

import type { MarkerRequest, MarkerResult } from '@weirhouse/broker-coordination';
import type { MetadataImage } from '@weirhouse/broker-metadata';
import { KafkaError, kafkaErrorName } from '@weirhouse/kafka-protocol';
import type { Clock, Log } from '@weirhouse/shared-kernel';

import type { TransactionMarker } from '../coordinators/coordinator-runtime.ts';
import { forEachWithAnswer } from '../gather.ts';
import type { GroupService } from '../group-service.ts';
import { OFFSETS_TOPIC } from '../internal-topics.ts';
import type { Partitions } from '../partitions.ts';

/** The partition knows of a later epoch: of the producer, or of its coordinator. */
const REFUSED_FOR_GOOD: ReadonlySet<number> = new Set([
  KafkaError.INVALID_PRODUCER_EPOCH,
  KafkaError.TRANSACTION_COORDINATOR_FENCED,
]);

/** What markers are written with. */
export interface MarkerWriterOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly image: MetadataImage;
  readonly partitions: Partitions;
  readonly groups: GroupService;
  readonly appended: () => void;
}

/** Where a marker goes. */
export interface MarkerPlace {
  readonly topic: string;
  readonly partition: number;
}

/** Writes the ends of transactions to the partitions this broker leads. */
export class MarkerWriter {
  readonly #options: MarkerWriterOptions;

  constructor(options: MarkerWriterOptions) {
    this.#options = options;
  }

  /** Writes one transaction's markers; `done` gets the result of every partition when all are known. */
  writeAll(request: MarkerRequest, done: (results: readonly MarkerResult[]) => void): void {
    const { transactionResult: commit, topics, ...identity } = request;
    const places = topics.flatMap(({ name: topic, partitionIndexes }) =>
      partitionIndexes.map((partition) => ({ topic, partition })),
    );
    const failed: string[] = [];
    const refused: string[] = [];
    forEachWithAnswer<MarkerPlace, MarkerResult>(
      places,
      (place, answer) =>
        this.write(place, { ...identity, commit }, (errorCode) => {
          const outcome = this.#outcomeOf(place, errorCode);
          const what = `${place.topic}-${place.partition} ${kafkaErrorName(errorCode)}`;
          if (outcome === 'failed') failed.push(what);
          if (outcome === 'refused') refused.push(what);
          answer({ ...place, outcome });
        }),
      (results) => {
        const { transactionalId } = request;
        const [example] = failed;
        if (failed.length > 0)
          this.#options.log.warn(
            { transactionalId, failed: failed.length, example },
            'markers of a transaction have to wait',
          );
        if (refused.length > 0)
          this.#options.log.error(
            { transactionalId, producerId: request.producerId, refused },
            'markers of a transaction are refused for good: no more are sent before a restart',
          );
        done(results);
      },
    );
  }

  /** Writes one marker; `done` gets 0 when it is durable, else the error code. */
  write(place: MarkerPlace, marker: TransactionMarker, done: (errorCode: number) => void): void {
    const { appended, clock, groups, image, partitions } = this.#options;
    const { partition: index, topic: name } = place;
    const topic = image.topics.find(name);
    if (topic === undefined) return done(KafkaError.UNKNOWN_TOPIC_OR_PARTITION);
    const found = partitions.lookUp(topic, index);
    if (!found.ok) return done(found.errorCode);
    // The groups' coordinator must see the end of what was committed under it.
    if (name === OFFSETS_TOPIC) return groups.appendMarker(index, marker, done);
    const { leaderEpoch } = found.image;
    const { commits, log } = found.partition;
    const outcome = log.appendMarker({ ...marker, leaderEpoch, nowMs: clock.wallMs() });
    if (!outcome.ok) return done(outcome.errorCode);
    appended();
    commits.wait({
      requiredOffset: outcome.lastOffset + 1,
      onCommitted: () => done(KafkaError.NONE),
      onFailed: done,
    });
  }

  /** A partition is deleted when the metadata says so, not when one of its logs is gone. */
  #outcomeOf({ partition, topic }: MarkerPlace, errorCode: number): MarkerResult['outcome'] {
    if (errorCode === KafkaError.NONE) return 'written';
    if (REFUSED_FOR_GOOD.has(errorCode)) return 'refused';
    const isThere = this.#options.image.topics.find(topic)?.partitions[partition] !== undefined;
    return isThere ? 'failed' : 'deleted';
  }
}

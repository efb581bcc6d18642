import { assert } from '@weirhouse/shared-kernel';

import type { EncodedRecord } from '../../records/framing.ts';
import { PendingWrites } from '../../testing/pending-writes.ts';
import { VirtualTime } from '../../testing/virtual-time.ts';
import { decodeTransactionRecord, encodeTransactionRecord } from '../transaction-codec.ts';
import {
  defaultTransactionShardOptions,
  type TransactionShardOptions,
} from '../transaction-options.ts';
import type {
  MarkerRequest,
  MarkerResult,
  MarkersWritten,
  ProducerIdAllocated,
  TransactionOperationResult,
  TransactionPorts,
} from '../transaction-ports.ts';
import type { TransactionRecord } from '../transaction-record.ts';
import { TransactionShard } from '../transaction-shard.ts';

/** Markers that were sent and how to report on them. */
export interface SentMarkers {
  readonly request: MarkerRequest;
  readonly done: MarkersWritten;
}

/**
 * A runtime for one transaction shard in tests: a virtual clock, a log in memory, producer ids and
 * markers that are served at once or when the test says so. It keeps the contract of the ports.
 */
export class TransactionWorld {
  readonly options: TransactionShardOptions;
  /** With false, writes wait for `commit`. */
  commitsAtOnce = true;
  /** With false, markers wait in `sent` for `report`. */
  marksAtOnce = true;
  /** With false, requests for a producer id wait for `giveId` or `refuseId`. */
  givesIdsAtOnce = true;
  coordinatorEpoch = 0;
  shard: TransactionShard;
  readonly log: EncodedRecord[] = [];
  /** The log as it reads back. */
  readonly records: TransactionRecord[] = [];
  /** Every marker request there was, oldest first. */
  readonly sent: SentMarkers[] = [];
  /** Sees each marker request at the moment it leaves. */
  onMarkers: (request: MarkerRequest) => void = () => {};
  readonly #newest = new Map<string, SentMarkers>();
  readonly #time = new VirtualTime<TransactionRecord>();
  readonly #writes = new PendingWrites<TransactionRecord>();
  readonly #idRequests: ProducerIdAllocated[] = [];
  #unreported: SentMarkers[] = [];
  #nextProducerId = 1_000;
  #isServing = false;

  constructor(
    options: Partial<TransactionShardOptions> = {},
    records: readonly TransactionRecord[] = [],
  ) {
    this.options = { ...defaultTransactionShardOptions, ...options };
    for (const record of records) this.#append(record);
    this.#writes.durableCount = this.log.length;
    this.shard = this.#load();
  }

  get pendingWrites(): number {
    return this.#writes.size;
  }

  get nowMs(): number {
    return this.#time.nowMs;
  }

  set nowMs(nowMs: number) {
    this.#time.nowMs = nowMs;
  }

  /** How many records of the log are durable. */
  get durableCount(): number {
    return this.#writes.durableCount;
  }

  get waitingIdRequests(): number {
    return this.#idRequests.length;
  }

  get timerKeys(): readonly string[] {
    return this.#time.timerKeys;
  }

  /** The newest markers that were sent for an id. */
  newestMarkers(transactionalId: string): SentMarkers | undefined {
    return this.#newest.get(transactionalId);
  }

  /** Appends, replays and serves what is to be served at once. */
  run(result: TransactionOperationResult): void {
    if (result.records.length > 0) {
      for (const record of result.records) {
        this.#append(record);
        this.shard.replay(record);
      }
      this.#writes.add(result);
      if (this.commitsAtOnce) this.#writes.commit(Number.POSITIVE_INFINITY);
    }
    this.serve();
  }

  /** Makes all writes, or the oldest `count`, durable. */
  commit(count = Number.POSITIVE_INFINITY): void {
    this.#writes.commit(count);
    this.serve();
  }

  /** The log refuses what is pending: the writes are lost and the shard is loaded again. */
  failWrites(errorCode: number): void {
    this.log.length = this.#writes.durableCount;
    this.records.length = this.#writes.durableCount;
    this.#moveAway(errorCode);
  }

  /** The partition moves away and back; what was pending survives in the log unanswered. */
  reload(errorCode: number): void {
    this.#writes.durableCount = this.log.length;
    this.#moveAway(errorCode);
  }

  /** Lets time pass, firing timers in order. */
  advance(durationMs: number): void {
    this.#time.advance(durationMs, (result) => this.run(result));
  }

  /** Transactional ids that nobody used for long go. */
  expire(): void {
    this.run(this.shard.expireTransactionalIds(this.nowMs));
  }

  /** Reports on markers; without results, that all were written. */
  report(markers: SentMarkers, results?: readonly MarkerResult[]): void {
    this.#unreported = this.#unreported.filter((each) => each !== markers);
    this.run(markers.done(results ?? resultsOf(markers.request), this.nowMs));
  }

  /** Gives a producer id to the request that waits longest. */
  giveId(): void {
    const done = this.#idRequests.shift();
    if (done === undefined) return;
    this.#nextProducerId += 1;
    this.run(done({ ok: true, producerId: this.#nextProducerId }, this.nowMs));
  }

  /** Refuses a producer id to the request that waits longest. */
  refuseId(errorCode: number): void {
    const done = this.#idRequests.shift();
    if (done !== undefined) this.run(done({ ok: false, errorCode }, this.nowMs));
  }

  /** Serves what waits for markers and producer ids, as far as the world does that by itself. */
  serve(): void {
    if (this.#isServing) return;
    this.#isServing = true;
    while (this.givesIdsAtOnce && this.#idRequests.length > 0) this.giveId();
    while (this.marksAtOnce) {
      const next = this.#unreported[0];
      if (next === undefined) break;
      this.report(next);
    }
    this.#isServing = false;
  }

  /** The replicated state as sorted text, to compare shards by. */
  replicatedState(shard: TransactionShard = this.shard): readonly string[] {
    return shard
      .snapshotRecords()
      .map(encodeTransactionRecord)
      .map(({ key, value }) => `${key.toString('hex')}=${value?.toString('hex') ?? ''}`)
      .toSorted();
  }

  /** A shard that has replayed the log, or another one, and nothing else. */
  replayed(log: readonly EncodedRecord[] = this.log): TransactionShard {
    const shard = this.#newShard();
    for (const { key, value } of log) {
      const record = decodeTransactionRecord(key, value);
      if (record !== undefined) shard.replay(record);
    }
    return shard;
  }

  #append(record: TransactionRecord): void {
    const encoded = encodeTransactionRecord(record);
    const decoded = decodeTransactionRecord(encoded.key, encoded.value);
    assert(decoded !== undefined, 'the log holds transaction records only');
    this.log.push(encoded);
    this.records.push(decoded);
  }

  #moveAway(errorCode: number): void {
    this.#writes.fail(errorCode);
    this.shard.onUnloaded();
    assert(this.timerKeys.length === 0, 'a shard that left holds no timer');
    this.coordinatorEpoch += 1;
    this.shard = this.#load();
  }

  #load(): TransactionShard {
    const shard = this.#replayInto(this.#newShard());
    this.shard = shard;
    this.run(shard.onLoaded(this.nowMs));
    return shard;
  }

  #newShard(): TransactionShard {
    const ports: TransactionPorts = {
      timers: this.#time.timers,
      writeMarkers: (request, done) => {
        const markers = { request, done };
        this.onMarkers(request);
        this.sent.push(markers);
        this.#newest.set(request.transactionalId, markers);
        this.#unreported.push(markers);
      },
      allocateProducerId: (done) => void this.#idRequests.push(done),
    };
    const { coordinatorEpoch, options } = this;
    return new TransactionShard({ options, ports, coordinatorEpoch });
  }

  #replayInto(shard: TransactionShard): TransactionShard {
    for (const record of this.records) shard.replay(record);
    return shard;
  }
}

/** A result for each partition of a marker request. */
export function resultsOf(
  request: MarkerRequest,
  outcome: MarkerResult['outcome'] = 'written',
): readonly MarkerResult[] {
  return request.topics.flatMap(({ name, partitionIndexes }) =>
    partitionIndexes.map((partition) => ({ topic: name, partition, outcome })),
  );
}

import {
  decodeTransactionRecord,
  defaultTransactionShardOptions,
  encodeTransactionRecord,
  TransactionShard,
  type MarkerRequest,
  type MarkerResult,
  type TransactionPorts,
  type TransactionRecord,
  type TransactionShardOptions,
} from '@weirhouse/broker-coordination';
import type { ConfigResolver } from '@weirhouse/broker-metadata';

import { TRANSACTIONS_TOPIC } from '../internal-topics.ts';
import type { ProducerIds } from '../produce/producer-ids.ts';
import type { ShardHost, ShardKind } from './shard-kind.ts';

/** What the shards of transactions use of the broker. */
export interface TransactionKindOptions {
  readonly configs: ConfigResolver;
  readonly producerIds: ProducerIds;
  readonly writeMarkers: (
    request: MarkerRequest,
    done: (results: readonly MarkerResult[]) => void,
  ) => void;
}

/** The shards of `__transaction_state`: transactional ids and their transactions. */
export function transactionKind(
  options: TransactionKindOptions,
): ShardKind<TransactionShard, TransactionRecord> {
  const { configs } = options;
  return {
    name: 'transaction',
    batchBytesMax: () => configs.topicConfig(TRANSACTIONS_TOPIC).maxMessageBytes,
    create: (host) =>
      new TransactionShard({
        options: shardOptionsOf(configs),
        ports: portsOf(options, host),
        coordinatorEpoch: host.leaderEpoch,
      }),
    encode: encodeTransactionRecord,
    replay: (shard, { key, value }, { isControl }) => {
      if (key === null || isControl) return;
      const record = decodeTransactionRecord(key, value);
      if (record !== undefined) shard.replay(record);
    },
  };
}

function portsOf(
  { producerIds, writeMarkers }: TransactionKindOptions,
  { later, timers }: ShardHost<TransactionRecord>,
): TransactionPorts {
  return {
    timers,
    writeMarkers: (request, done) =>
      writeMarkers(request, (results) => later((nowMs) => done(results, nowMs))),
    allocateProducerId: (done) =>
      producerIds.next(
        (producerId) => later((nowMs) => done({ ok: true, producerId }, nowMs)),
        (errorCode) => later((nowMs) => done({ ok: false, errorCode }, nowMs)),
      ),
  };
}

function shardOptionsOf(configs: ConfigResolver): TransactionShardOptions {
  return {
    ...defaultTransactionShardOptions,
    timeoutMaxMs: configs.brokerNumber('transaction.max.timeout.ms'),
    idExpirationMs: configs.brokerNumber('transactional.id.expiration.ms'),
    batchBytesMax: configs.topicConfig(TRANSACTIONS_TOPIC).maxMessageBytes,
  };
}

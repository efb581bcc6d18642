import type { TopicPartitions } from './partition-set.ts';

/*
 * What the shard needs of requests and what it answers; the generated messages fit. An answer is
 * spread over the response's defaults.
 */

/** When a request came, in milliseconds since the Unix epoch, and its API version. */
export interface TransactionContext {
  readonly nowMs: number;
  readonly apiVersion: number;
}

/** InitProducerId with a transactional id. */
export interface InitProducerIdInput {
  readonly transactionalId: string;
  readonly transactionTimeoutMs: number;
  /** From version 3 on, what the producer holds (KIP-360); -1 for a new producer. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface ProducerIdAnswer {
  readonly errorCode: number;
  /** -1 with an error. */
  readonly producerId: number;
  readonly producerEpoch: number;
}

/** One transaction of AddPartitionsToTxn; before version 4 the request is one transaction. */
export interface AddPartitionsInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  /** Version 4 and later: nothing is added, only told whether it is there. */
  readonly verifyOnly: boolean;
  readonly topics: readonly TopicPartitions[];
}

/** The request's topics and partitions, in order, each with its error code. */
export interface AddPartitionsAnswer {
  readonly transactionalId: string;
  readonly topicResults: readonly {
    readonly name: string;
    readonly resultsByPartition: readonly {
      readonly partitionIndex: number;
      readonly partitionErrorCode: number;
    }[];
  }[];
}

/** AddOffsetsToTxn, with the partition of the offsets topic that holds the group. */
export interface AddOffsetsInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly offsetsTopic: string;
  readonly offsetsPartition: number;
}

export interface AddOffsetsAnswer {
  readonly errorCode: number;
}

export interface EndTxnInput {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly committed: boolean;
}

/** One entry of DescribeTransactions. */
export interface DescribedTransaction {
  readonly errorCode: number;
  readonly transactionalId: string;
  readonly transactionState: string;
  readonly transactionTimeoutMs: number;
  /** -1 while there was no transaction since InitProducerId. */
  readonly transactionStartTimeMs: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly topics: readonly { readonly topic: string; readonly partitions: readonly number[] }[];
}

export interface ListTransactionsInput {
  /** Empty: every state. Names of no state match nothing. */
  readonly stateFilters: readonly string[];
  /** Empty: every producer id. */
  readonly producerIdFilters: readonly number[];
  /** Below 0: any; else only transactions that began more than this many milliseconds ago. */
  readonly durationFilter: number;
  /** Version 2's pattern, compiled by the caller, who guards against patterns that run for ever. */
  readonly isWantedId?: (transactionalId: string) => boolean;
}

/** For metrics. */
export interface TransactionCounts {
  readonly transactionalIds: number;
  readonly open: number;
  /** Decided, with markers on their way. */
  readonly ending: number;
}

/** One entry of ListTransactions. */
export interface ListedTransaction {
  readonly transactionalId: string;
  readonly producerId: number;
  readonly transactionState: string;
}

/*
 * One transactional id. "Idle" is Empty, CompleteCommit or CompleteAbort; e is the producer epoch.
 *
 * | state          | event                              | next           | what happens            |
 * |----------------|------------------------------------|----------------|-------------------------|
 * | (unknown)      | InitProducerId                     | Empty          | new producer id, e = 0  |
 * | idle           | InitProducerId                     | Empty          | e + 1, or a new id      |
 * | idle           | AddPartitions, AddOffsets          | Ongoing        | the clock starts        |
 * | idle           | EndTxn abort, version 5+           | CompleteAbort  | e + 1; nothing to mark  |
 * | idle           | unused for the expiration time     | (unknown)      | tombstone               |
 * | Ongoing        | AddPartitions, AddOffsets          | Ongoing        | more partitions         |
 * | Ongoing        | EndTxn commit                      | PrepareCommit  | version 5+: e + 1       |
 * | Ongoing        | EndTxn abort                       | PrepareAbort   | version 5+: e + 1       |
 * | Ongoing        | InitProducerId, timeout            | PrepareAbort   | e + 1: the owner fenced |
 * | PrepareCommit  | every partition has its marker     | CompleteCommit | a new id if e ran out   |
 * | PrepareAbort   | every partition has its marker     | CompleteAbort  | a new id if e ran out   |
 * | Prepare*       | anything else that could change it | (same)         | answered 51, or 48      |
 *
 * Every change is one record. Markers leave only after their Prepare record is durable. Kafka's
 * Dead and PrepareEpochFence never reach its log; here they do not exist.
 */

/** The states as Kafka names them in DescribeTransactions and ListTransactions. */
export type TransactionState =
  | 'Empty'
  | 'Ongoing'
  | 'PrepareCommit'
  | 'PrepareAbort'
  | 'CompleteCommit'
  | 'CompleteAbort';

/** The states that Kafka's log values know by number, in the order of these numbers. */
const STATES: readonly TransactionState[] = [
  'Empty',
  'Ongoing',
  'PrepareCommit',
  'PrepareAbort',
  'CompleteCommit',
  'CompleteAbort',
];

/** Names that Kafka accepts as filters although no transaction is ever listed in them. */
const UNLISTED_STATES: ReadonlySet<string> = new Set(['Dead', 'PrepareEpochFence']);

/** How a transaction ends. */
export type TransactionOutcome = 'commit' | 'abort';

/** The state's number in the log. */
export function idOfState(state: TransactionState): number {
  return STATES.indexOf(state);
}

/** The state with that number in the log; undefined for a number that has none there. */
export function findState(id: number): TransactionState | undefined {
  return STATES[id];
}

/** True for a name that a client may filter by. */
export function isTransactionState(name: string): boolean {
  return (STATES as readonly string[]).includes(name) || UNLISTED_STATES.has(name);
}

/** The outcome that is decided and not yet written everywhere; undefined in all other states. */
export function outcomeInPreparation(state: TransactionState): TransactionOutcome | undefined {
  if (state === 'PrepareCommit') return 'commit';
  return state === 'PrepareAbort' ? 'abort' : undefined;
}

/** True when no transaction is open and none is being ended. */
export function isIdle(state: TransactionState): boolean {
  return state === 'Empty' || state === 'CompleteCommit' || state === 'CompleteAbort';
}

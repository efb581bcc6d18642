/**
 * The states of a classic group and what moves it (protocol reference 7.1, KIP-134, KIP-394):
 *
 * | from                | event                                                  | to                  |
 * |---------------------|--------------------------------------------------------|---------------------|
 * | (none)              | first join, first offset, record replayed              | Empty               |
 * | Empty               | a member joins                                         | PreparingRebalance  |
 * | PreparingRebalance  | all have joined, or the delay or the timeout has passed | CompletingRebalance |
 * | PreparingRebalance  | the same, and no member is left                        | Empty               |
 * | CompletingRebalance | the leader's assignments are durable                   | Stable              |
 * | CompletingRebalance | join, leave, expiry, no sync in time                   | PreparingRebalance  |
 * | Stable              | join, leave, expiry, no sync in time                   | PreparingRebalance  |
 * | Stable              | a static member returns and nothing else changed       | Stable              |
 * | (none)              | loaded with members                                    | Stable              |
 * | any                 | tombstone replayed, nothing left, shard unloaded       | Dead                |
 */
export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead';

const NEXT_STATES: Readonly<Record<GroupState, readonly GroupState[]>> = {
  Empty: ['PreparingRebalance', 'Dead'],
  PreparingRebalance: ['CompletingRebalance', 'Empty', 'Dead'],
  CompletingRebalance: ['Stable', 'PreparingRebalance', 'Dead'],
  Stable: ['PreparingRebalance', 'Dead'],
  Dead: [],
};

/** True when the table above has that step. */
export function canBecome(from: GroupState, to: GroupState): boolean {
  return NEXT_STATES[from].includes(to);
}

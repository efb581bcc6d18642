import { loadFirstTime, loadTimes } from '../find-offset.ts';
import { isCompacted } from '../log-config.ts';
import type { LogContext, LogState } from '../log-state.ts';
import { type CleaningInput, planCleaning } from './cleaning-plan.ts';
import { isClosed } from './segment-walk.ts';

/** Where a partition is looked for. */
export interface DueSearch {
  readonly context: LogContext;
  /** WAL files from this generation on are replayed by a start: what they name must stay as it is. */
  readonly recoverFrom: number;
  readonly nowMs: number;
  readonly isUncleanable: (state: LogState) => boolean;
}

/** The partition that is to be compacted next. */
export interface DuePartition {
  /** With so many segments from the front; undefined when none is due. */
  readonly found: { readonly state: LogState; readonly count: number } | undefined;
  /** True when segments wait for a newer `recoverFrom`. */
  readonly isWaiting: boolean;
  /** The largest uncleaned share of all, due or not. */
  readonly dirtyRatioMax: number;
}

const LAG_ENDLESS_MS = 2 ** 62;

/** The compacted partition with the largest uncleaned share. */
export function findDuePartition(states: Iterable<LogState>, search: DueSearch): DuePartition {
  let found: DuePartition['found'];
  let ratio = -1;
  let isWaiting = false;
  let dirtyRatioMax = 0;
  for (const state of states) {
    if (!isCompacted(state.config) || state.isDeleted || search.isUncleanable(state)) continue;
    // What is said of transactions with records in these segments must stay as long as they may come back.
    if (state.hasUnsyncedStart) continue;
    const plan = planCleaning(inputOf(state, search));
    dirtyRatioMax = Math.max(dirtyRatioMax, plan.dirtyRatio);
    if (!plan.isDue || plan.dirtyRatio <= ratio) continue;
    const count = countSettled(state, plan.segmentCount, search.recoverFrom);
    isWaiting ||= count < plan.segmentCount;
    if (count === 0 || state.segmentEnd(count - 1) <= state.cleanedOffset) continue;
    found = { state, count };
    ratio = plan.dirtyRatio;
  }
  return { found, isWaiting, dirtyRatioMax };
}

function inputOf(state: LogState, { context, nowMs }: DueSearch): CleaningInput {
  const { config, log } = state;
  const needsTimes = config.minCompactionLagMs > 0;
  const needsFirstTimes = config.maxCompactionLagMs < LAG_ENDLESS_MS;
  return {
    ...config,
    segments: state.segments.map((segment, place) => {
      if (needsTimes) loadTimes(segment, state, context);
      if (needsFirstTimes) loadFirstTime(segment, context);
      return {
        baseOffset: segment.baseOffset,
        endOffset: state.segmentEnd(place),
        size: segment.size,
        maxTimestamp: segment.maxTimestamp,
        firstTimestamp: segment.firstTimestamp,
      };
    }),
    // What DeleteRecords has cut off needs no cleaning.
    firstDirtyOffset: Math.max(state.cleanedOffset, state.startOffset),
    lastStableOffset: log?.lastStableOffset ?? 0,
    nowMs,
  };
}

/** Segments from the front that no start would write to again. */
function countSettled(state: LogState, countMax: number, recoverFrom: number): number {
  let count = 0;
  for (const segment of state.segments.slice(0, countMax)) {
    if (!isClosed(segment) || segment.walGeneration >= recoverFrom || segment.size === 0) break;
    count += 1;
  }
  return count;
}

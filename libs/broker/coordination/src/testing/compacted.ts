import type { EncodedRecord } from '../records/framing.ts';

/**
 * Logs that compaction may have made of a log: all of it or its older half, with tombstones as long as
 * `delete.retention.ms` keeps them or without.
 */
export function compactions(log: readonly EncodedRecord[]): readonly (readonly EncodedRecord[])[] {
  const half = log.length >>> 1;
  return [
    compacted(log, log.length, true),
    compacted(log, log.length, false),
    compacted(log, half, false),
  ];
}

/** Of the records before `end` the last of each key stays, where it was. */
function compacted(
  log: readonly EncodedRecord[],
  end: number,
  keepsTombstones: boolean,
): readonly EncodedRecord[] {
  const last = new Map<string, number>();
  for (const [place, { key }] of log.slice(0, end).entries()) last.set(key.toString('hex'), place);
  return log.filter(({ key, value }, place) => {
    if (place >= end) return true;
    return last.get(key.toString('hex')) === place && (keepsTombstones || value !== null);
  });
}

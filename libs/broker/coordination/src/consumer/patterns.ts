import { compare } from '../assignors/assignor.ts';
import { PATTERN_CHECK_INTERVAL_MS, RECORD_OVERHEAD_BYTES } from '../limits.ts';
import { compileSafePattern } from '../safe-pattern.ts';
import type { ConsumerTurn } from './turn.ts';

/**
 * Works out which topics a pattern stands for: at once when it is new, again when topics have changed,
 * but not too often, and now and then because rights may have changed. It matches what the member that
 * asks may see. Returns true when it stands for other topics than before.
 */
export function refreshPattern(
  turn: ConsumerTurn,
  pattern: string,
  isVisible: (name: string) => boolean,
): boolean {
  const { groupId, live, operation } = turn;
  const known = turn.group.findPattern(pattern);
  if (known !== undefined && !isDue(turn, pattern)) return false;
  const { nowMs, shard } = operation;
  const { version } = shard.ports.topics;
  live.patternsSeen.set(pattern, { atMs: nowMs, version });
  const topics = matchingTopics(turn, pattern, isVisible);
  if (known !== undefined && known.topics.join() === topics.join()) return false;
  turn.write({
    kind: 'consumer-pattern',
    groupId,
    pattern,
    value: { topics, version, resolvedAtMs: nowMs },
  });
  return true;
}

/** Forgets patterns that no member has any more. */
export function dropUnusedPatterns(turn: ConsumerTurn): void {
  const { groupId, live } = turn;
  const unused = new Set(Array.from(turn.group.patterns(), ([pattern]) => pattern));
  if (unused.size === 0) return;
  for (const { profile } of turn.group.members()) unused.delete(profile.topicPattern);
  for (const pattern of unused) {
    turn.write({ kind: 'consumer-pattern', groupId, pattern, value: null });
    live.patternsSeen.delete(pattern);
  }
}

function isDue({ live, operation }: ConsumerTurn, pattern: string): boolean {
  const seen = live.patternsSeen.get(pattern);
  if (seen === undefined) return true;
  const { options, ports } = operation.shard;
  const sinceMs = operation.nowMs - seen.atMs;
  // A clock that was set back must not stop the look.
  if (sinceMs < 0 || sinceMs >= options.patternRefreshMs) return true;
  return sinceMs >= PATTERN_CHECK_INTERVAL_MS && seen.version !== ports.topics.version;
}

function matchingTopics(
  { operation }: ConsumerTurn,
  pattern: string,
  isVisible: (name: string) => boolean,
): readonly string[] {
  const { options, ports } = operation.shard;
  const compiled = compileSafePattern(pattern);
  // A record of another broker can hold what ours would have refused.
  if (!compiled.ok) return [];
  const topics = Array.from(ports.topics.names())
    .filter((name) => compiled.pattern.matches(name) && isVisible(name))
    .toSorted(compare);
  // No record could hold them: rather nothing for this member than the end of the shard.
  const bytes = topics.reduce((sum, name) => sum + name.length + 2, RECORD_OVERHEAD_BYTES);
  return bytes > options.batchBytesMax ? [] : topics;
}

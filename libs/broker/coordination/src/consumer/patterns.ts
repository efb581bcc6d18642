import { compare } from '../assignors/assignor.ts';
import { PATTERN_CHECK_INTERVAL_MS } from '../limits.ts';
import type { ResolvedPattern } from '../records/consumer-record.ts';
import { compileSafePattern } from '../safe-pattern.ts';
import type { ConsumerTurn } from './turn.ts';

/**
 * Brings the topics of the group's patterns up to date: a pattern that is new at once, the others when
 * topics have changed, but not too often, and now and then because rights may have changed. Patterns
 * nobody uses are forgotten. A pattern matches topics that whoever caused the look may see; who
 * cannot say what it may see causes none. Returns true when one stands for other topics than before.
 */
export function refreshPatterns(
  turn: ConsumerTurn,
  isVisible: ((name: string) => boolean) | undefined,
): boolean {
  const used = dropUnusedPatterns(turn);
  if (isVisible === undefined) return false;
  const isDue = isRefreshDue(turn);
  let hasChanged = false;
  for (const pattern of used) {
    const known = turn.group.findPattern(pattern);
    if (known !== undefined && !isDue) continue;
    hasChanged = resolve(turn, { pattern, known, isVisible }) || hasChanged;
  }
  const { nowMs, shard } = turn.operation;
  if (isDue) turn.live.patternsSeen = { atMs: nowMs, version: shard.ports.topics.version };
  return hasChanged;
}

/** Forgets patterns that no member has any more and returns the others. */
export function dropUnusedPatterns(turn: ConsumerTurn): ReadonlySet<string> {
  const used = usedPatterns(turn);
  const { groupId } = turn;
  const known = Array.from(turn.group.patterns(), ([pattern]) => pattern);
  for (const pattern of known) {
    if (!used.has(pattern)) turn.write({ kind: 'consumer-pattern', groupId, pattern, value: null });
  }
  return used;
}

function usedPatterns({ group }: ConsumerTurn): ReadonlySet<string> {
  const used = new Set<string>();
  for (const { profile } of group.members())
    if (profile.topicPattern !== '') used.add(profile.topicPattern);
  return used;
}

/** True when the patterns of the group are to be looked at again. */
export function isRefreshDue({ live, operation }: ConsumerTurn): boolean {
  const { options, ports } = operation.shard;
  const sinceMs = operation.nowMs - live.patternsSeen.atMs;
  // A clock that was set back must not stop the look.
  if (sinceMs < 0 || sinceMs >= options.patternRefreshMs) return true;
  return sinceMs >= PATTERN_CHECK_INTERVAL_MS && live.patternsSeen.version !== ports.topics.version;
}

function resolve(
  turn: ConsumerTurn,
  wanted: {
    readonly pattern: string;
    readonly known: ResolvedPattern | undefined;
    readonly isVisible: (name: string) => boolean;
  },
): boolean {
  const { isVisible, known, pattern } = wanted;
  const { nowMs, shard } = turn.operation;
  const compiled = compileSafePattern(pattern);
  // A record of another broker can hold what ours would have refused.
  const matches = compiled.ok ? compiled.pattern.matches : () => false;
  const topics = Array.from(shard.ports.topics.names())
    .filter((name) => matches(name) && isVisible(name))
    .toSorted(compare);
  if (known !== undefined && known.topics.join() === topics.join()) return false;
  const value = { topics, version: shard.ports.topics.version, resolvedAtMs: nowMs };
  turn.write({ kind: 'consumer-pattern', groupId: turn.groupId, pattern, value });
  return true;
}

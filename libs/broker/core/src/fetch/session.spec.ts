import { describe, expect, it } from 'vitest';

import { ZERO_UUID, type Random } from '@weirhouse/shared-kernel';

import { FetchSessionCache } from './session-cache.ts';
import { answerFetchContext, openFetchContext, type FetchContext } from './session-context.ts';
import { fetchKey, nextSessionEpoch, type FetchAnswer, type FetchTarget } from './session.ts';

const EVICTION_MS = 1_000;

function target(topicName: string, changes: Partial<FetchTarget> = {}): FetchTarget {
  return {
    topicName,
    topicId: ZERO_UUID,
    index: 0,
    currentLeaderEpoch: -1,
    fetchOffset: 0,
    lastFetchedEpoch: -1,
    logStartOffset: -1,
    maxBytes: 1_000,
    ...changes,
  };
}

function answer(changes: Partial<FetchAnswer> = {}): FetchAnswer {
  return {
    errorCode: 0,
    highWatermark: 5,
    logStartOffset: 0,
    bytes: 0,
    diverging: false,
    ...changes,
  };
}

function countingRandom(): Random {
  let next = 0;
  return { bytes: (length) => Buffer.alloc(length), below: () => ++next };
}

function arrange(slots = 10) {
  const sessions = new FetchSessionCache({
    random: countingRandom(),
    slots,
    evictionMs: EVICTION_MS,
  });
  let nowMs = 0;
  const open = (
    sessionId: number,
    sessionEpoch: number,
    targets: FetchTarget[],
    extra: { forgotten?: string[]; usesTopicIds?: boolean } = {},
  ): FetchContext =>
    openFetchContext(
      sessions,
      { sessionId, sessionEpoch, targets, forgotten: [], usesTopicIds: false, ...extra },
      nowMs,
    );
  const reply = (context: FetchContext, answers: FetchAnswer[]) => {
    if (context.kind === 'refused') throw new Error(`refused with ${context.errorCode}`);
    const result = answerFetchContext(sessions, context, { answers, nowMs });
    const mentioned = context.targets
      .filter((_, position) => result.mentioned(position))
      .map((wanted) => wanted.topicName);
    return { ...result, mentioned };
  };
  const newSession = (...names: string[]): number => {
    const targets = names.map((name) => target(name));
    return reply(
      open(0, 0, targets),
      targets.map(() => answer()),
    ).sessionId;
  };
  const wait = (ms: number) => (nowMs += ms);
  return { sessions, open, reply, newSession, wait };
}

describe('fetch sessions', () => {
  it('gives a full request a session and then mentions only what changed', () => {
    const { open, reply, newSession } = arrange();
    const id = newSession('a', 'b');
    expect(id).toBeGreaterThan(0);
    expect(reply(open(id, 1, []), [answer(), answer()]).mentioned).toEqual([]);
    const next = open(id, 2, []);
    expect(reply(next, [answer(), answer({ highWatermark: 6 })]).mentioned).toEqual(['b']);
    expect(reply(open(id, 3, []), [answer({ bytes: 9 }), answer()]).mentioned).toContain('a');
  });

  it('mentions a partition with an error again although nothing changed', () => {
    const { open, reply, newSession } = arrange();
    const id = newSession('a');
    const failed = answer({ errorCode: 3, highWatermark: -1, logStartOffset: -1 });
    expect(reply(open(id, 1, []), [failed]).mentioned).toEqual(['a']);
    expect(reply(open(id, 2, []), [failed]).mentioned).toEqual(['a']);
    expect(reply(open(id, 3, []), [answer()]).mentioned).toEqual(['a']);
    expect(reply(open(id, 4, []), [answer()]).mentioned).toEqual([]);
  });

  it('moves a partition that returned records behind the others', () => {
    const { open, reply, newSession } = arrange();
    const id = newSession('a', 'b', 'c');
    reply(open(id, 1, []), [answer({ bytes: 1 }), answer(), answer()]);
    const order = open(id, 2, []);
    expect(order.kind === 'incremental' && order.targets.map((t) => t.topicName)).toEqual([
      'b',
      'c',
      'a',
    ]);
  });

  it('adds, changes and forgets partitions', () => {
    const { open, newSession } = arrange();
    const id = newSession('a', 'b');
    const forgotten = [fetchKey({ topicName: 'b', topicId: ZERO_UUID }, 0)];
    const context = open(id, 1, [target('c'), target('a', { fetchOffset: 7 })], { forgotten });
    expect(
      context.kind === 'incremental' && context.targets.map((t) => [t.topicName, t.fetchOffset]),
    ).toEqual([
      ['a', 7],
      ['c', 0],
    ]);
  });

  it('refuses an unknown id, a wrong epoch and a change between names and ids', () => {
    const { open, newSession } = arrange();
    const id = newSession('a');
    expect(open(id + 1, 1, [])).toEqual({ kind: 'refused', errorCode: 70 });
    expect(open(id, 2, [])).toEqual({ kind: 'refused', errorCode: 71 });
    expect(open(id, 1, [], { usesTopicIds: true })).toEqual({ kind: 'refused', errorCode: 106 });
    expect(open(id, 1, []).kind).toBe('incremental');
    expect(open(id, 1, [])).toEqual({ kind: 'refused', errorCode: 71 });
  });

  it('ends a session by epoch -1, by epoch 0 and when nothing is left in it', () => {
    const { sessions, open, newSession } = arrange();
    open(newSession('a'), -1, [target('a')]);
    expect(sessions.size).toBe(0);
    open(newSession('a'), 0, [target('a')]);
    expect(sessions.size).toBe(0);
    const id = newSession('a');
    const emptied = open(id, 1, [], { forgotten: [fetchKey(target('a'), 0)] });
    expect(emptied).toMatchObject({ kind: 'full', wantsSession: false });
    expect(sessions.size).toBe(0);
  });

  it('answers 71 when the session was used again while a request of it waited', () => {
    const { open, reply, newSession } = arrange();
    const id = newSession('a');
    const waiting = open(id, 1, []);
    open(id, 2, []);
    expect(reply(waiting, [answer()])).toMatchObject({ errorCode: 71, mentioned: [] });
  });

  it('wraps the epoch to 1', () => {
    expect(nextSessionEpoch(0x7fffffff)).toBe(1);
    expect(nextSessionEpoch(1)).toBe(2);
  });

  it('gives no session when all slots are used by live sessions', () => {
    const { newSession } = arrange(1);
    expect(newSession('a')).toBeGreaterThan(0);
    expect(newSession('b')).toBe(0);
  });

  it('evicts the session that was not used for longest, never one in use', () => {
    const { sessions, open, reply, newSession, wait } = arrange(2);
    const [used, unused] = [newSession('a', 'b'), newSession('a', 'b')];
    wait(EVICTION_MS);
    reply(open(used, 1, []), [answer(), answer()]);
    wait(1);
    const fresh = newSession('c');
    expect(fresh).toBeGreaterThan(0);
    expect(sessions.find(used)).toBeDefined();
    expect(sessions.find(unused)).toBeUndefined();
    expect(sessions.evictions).toBe(1);
  });

  it('lets a larger session take the place of a smaller one that has had its time', () => {
    const { sessions, open, reply, newSession, wait } = arrange(1);
    const small = newSession('a');
    wait(EVICTION_MS + 1);
    reply(open(small, 1, []), [answer()]);
    expect(newSession('b')).toBe(0);
    expect(newSession('b', 'c')).toBeGreaterThan(0);
    expect(sessions.find(small)).toBeUndefined();
  });
});

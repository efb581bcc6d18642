import { assert, type Uuid } from '@weirhouse/shared-kernel';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { partitionCount, partitionsOf, type Assignment } from './assignment.ts';
import type { Assignor, AssignorInput, AssignorMember } from './assignor.ts';
import { findAssignor } from './assignors.ts';

function assignorOf(name: string): Assignor {
  const assignor = findAssignor(name);
  assert(assignor !== undefined, 'the assignor exists');
  return assignor;
}

function member(
  memberId: string,
  topicIds: readonly Uuid[],
  current: Readonly<Record<string, readonly number[]>> = {},
): AssignorMember {
  const held: Assignment = new Map(Object.entries(current));
  return { memberId, instanceId: null, rackId: null, topicIds: new Set(topicIds), current: held };
}

function input(
  topics: Readonly<Record<string, number>>,
  members: readonly AssignorMember[],
): AssignorInput {
  const entries = Object.entries(topics).map(
    ([topicId, count]) => [topicId, { topicId, partitionCount: count, racksOf: () => [] }] as const,
  );
  return { members, topics: new Map(entries) };
}

/** As text, for comparison: `a: t0,1 u2`. */
function shown(result: ReadonlyMap<string, Assignment>): readonly string[] {
  return [...result]
    .map(
      ([memberId, held]) =>
        `${memberId}: ${[...held].map(([topicId, list]) => topicId + list.join()).join(' ')}`,
    )
    .toSorted();
}

/** Up to 8 members with random subscriptions over up to 5 topics. */
const arbitraryInput = fc
  .record({
    counts: fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 5 }),
    subscriptions: fc.array(fc.nat({ max: 31 }), { minLength: 1, maxLength: 8 }),
  })
  .map(({ counts, subscriptions }) => {
    const topics = Object.fromEntries(counts.map((count, index) => [`t${index}`, count]));
    const members = subscriptions.map((bits, index) => {
      const wanted = Object.keys(topics).filter((_, topic) => (bits & (1 << topic)) !== 0);
      return member(`m${index}`, wanted);
    });
    return input(topics, members);
  });

/** The input after the result was taken in and some members were replaced by others. */
function evolved(
  before: AssignorInput,
  result: ReadonlyMap<string, Assignment>,
  gone: number,
): AssignorInput {
  const staying = before.members.filter((_, index) => index !== gone);
  const members = staying.map((each) => ({
    ...each,
    current: result.get(each.memberId) ?? new Map(),
  }));
  return { ...before, members };
}

function expectValid(given: AssignorInput, result: ReadonlyMap<string, Assignment>): void {
  const seen = new Set<string>();
  for (const each of given.members) {
    const held = result.get(each.memberId);
    assert(held !== undefined, 'every member is in the result');
    for (const { topicId, partition } of partitionsOf(held)) {
      expect(each.topicIds.has(topicId)).toBe(true);
      expect(partition).toBeLessThan(given.topics.get(topicId)?.partitionCount ?? 0);
      seen.add(`${topicId}/${partition}`);
    }
  }
  const held = [...result.values()].reduce((sum, each) => sum + partitionCount(each), 0);
  expect(held).toBe(seen.size);
  let wanted = 0;
  for (const [topicId, topic] of given.topics) {
    if (given.members.some(({ topicIds }) => topicIds.has(topicId))) wanted += topic.partitionCount;
  }
  expect(held).toBe(wanted);
}

/** The smallest sum of squared loads there is, by trying everything. */
function leastSquares(given: AssignorInput): number {
  const choices = [...given.topics].flatMap(([topicId, topic]) => {
    const able = given.members.flatMap(({ topicIds }, index) =>
      topicIds.has(topicId) ? [index] : [],
    );
    return able.length === 0 ? [] : Array.from({ length: topic.partitionCount }, () => able);
  });
  const loads = given.members.map(() => 0);
  let best = Number.POSITIVE_INFINITY;
  const place = (position: number, sum: number): void => {
    if (sum >= best) return;
    const able = choices[position];
    if (able === undefined) {
      best = sum;
      return;
    }
    for (const index of able) {
      const load = loads[index] ?? 0;
      loads[index] = load + 1;
      place(position + 1, sum + 2 * load + 1);
      loads[index] = load;
    }
  };
  place(0, 0);
  return best;
}

describe.each(['uniform', 'range'])('the %s assignor', (name) => {
  const assignor = assignorOf(name);

  it('gives every partition with a subscriber to exactly one of them', () => {
    fc.assert(
      fc.property(arbitraryInput, fc.nat({ max: 7 }), (given, gone) => {
        const first = assignor.assign(given);
        expectValid(given, first);
        const next = evolved(given, first, gone);
        expectValid(next, assignor.assign(next));
      }),
      { seed: 848, numRuns: 500 },
    );
  });

  it('makes the same of the same members in another order', () => {
    fc.assert(
      fc.property(arbitraryInput, (given) => {
        const turned = {
          members: given.members.toReversed(),
          topics: new Map([...given.topics].toReversed()),
        };
        expect(shown(assignor.assign(turned))).toEqual(shown(assignor.assign(given)));
      }),
      { seed: 849, numRuns: 200 },
    );
  });

  it('changes nothing when nothing has changed', () => {
    fc.assert(
      fc.property(arbitraryInput, (given) => {
        const first = assignor.assign(given);
        expect(shown(assignor.assign(evolved(given, first, -1)))).toEqual(shown(first));
      }),
      { seed: 850, numRuns: 300 },
    );
  });
});

describe('the uniform assignor', () => {
  const assignor = assignorOf('uniform');

  it('is as even as can be, whatever members subscribe to', () => {
    const small = arbitraryInput.filter(
      ({ members, topics }) =>
        members.length <= 4 &&
        [...topics.values()].reduce((sum, topic) => sum + topic.partitionCount, 0) <= 9,
    );
    fc.assert(
      fc.property(small, (given) => {
        const loads = [...assignor.assign(given).values()].map(partitionCount);
        const squares = loads.reduce((sum, load) => sum + load * load, 0);
        expect(squares).toBe(leastSquares(given));
      }),
      { seed: 851, numRuns: 200 },
    );
  });

  it('moves only what a newcomer must get', () => {
    fc.assert(
      fc.property(fc.nat({ max: 60 }), fc.integer({ min: 1, max: 9 }), (partitions, count) => {
        const topics = { t: partitions };
        const members = Array.from({ length: count }, (_, index) => member(`m${index}`, ['t']));
        const before = assignor.assign(input(topics, members));
        const grown = evolved(input(topics, members), before, -1);
        const after = assignor.assign({
          ...grown,
          members: [...grown.members, member('x', ['t'])],
        });
        for (const { memberId } of members) {
          const had = new Set(before.get(memberId)?.get('t'));
          const has = after.get(memberId)?.get('t') ?? [];
          expect(has.every((partition) => had.has(partition))).toBe(true);
        }
        expect(after.get('x')?.get('t')?.length ?? 0).toBe(Math.floor(partitions / (count + 1)));
      }),
      { seed: 852, numRuns: 300 },
    );
  });

  it('leaves everybody what they have when one member leaves', () => {
    const held = { a: { t: [0, 1] }, b: { t: [2, 3] }, c: { t: [4, 5] } };
    const members = (['a', 'c'] as const).map((id) => member(id, ['t'], held[id]));
    expect(shown(assignor.assign(input({ t: 6 }, members)))).toEqual(['a: t0,1,2', 'c: t3,4,5']);
  });

  it('drops partitions of topics that are gone or no longer wanted', () => {
    const members = [member('a', ['u'], { t: [0], u: [0, 9], gone: [1] }), member('b', ['t'])];
    expect(shown(assignor.assign(input({ t: 1, u: 1 }, members)))).toEqual(['a: u0', 'b: t0']);
  });

  it('evens out through a third member that shares a topic with both', () => {
    const members = [
      member('a', ['t'], { t: [0, 1, 2] }),
      member('b', ['t', 'u'], { u: [0, 1] }),
      member('c', ['u']),
    ];
    const loads = [...assignor.assign(input({ t: 3, u: 2 }, members)).values()].map(partitionCount);
    expect(loads.toSorted((a, b) => a - b)).toEqual([1, 2, 2]);
  });

  it('assigns 10,000 partitions to 1,000 members evenly', () => {
    const members = Array.from({ length: 1000 }, (_, index) => member(`m${index}`, ['t', 'u']));
    const loads = [...assignor.assign(input({ t: 7000, u: 3000 }, members)).values()];
    expect(loads.map(partitionCount).every((load) => load === 10)).toBe(true);
  });
});

describe('the range assignor', () => {
  const assignor = assignorOf('range');

  it('cuts topics with the same subscribers alike', () => {
    const members = [member('a', ['t', 'u']), member('b', ['t', 'u'])];
    expect(shown(assignor.assign(input({ t: 3, u: 3 }, members)))).toEqual([
      'a: t0,1 u0,1',
      'b: t2 u2',
    ]);
  });

  it('gives the first members one more when it does not divide', () => {
    const members = ['a', 'b', 'c'].map((id) => member(id, ['t']));
    expect(shown(assignor.assign(input({ t: 5 }, members)))).toEqual([
      'a: t0,1',
      'b: t2,3',
      'c: t4',
    ]);
  });

  it('keeps the order of runs when a member with an earlier name joins', () => {
    const members = [member('m', ['t'], { t: [0, 1] }), member('n', ['t'], { t: [2, 3] })];
    const result = assignor.assign(input({ t: 4 }, [member('a', ['t']), ...members]));
    expect(shown(result)).toEqual(['a: t3', 'm: t0,1', 'n: t2']);
  });

  it('lets a static member keep its place under a new id', () => {
    const one = { ...member('zz', ['t']), instanceId: 'i1' };
    const two = { ...member('aa', ['t']), instanceId: 'i2' };
    expect(shown(assignor.assign(input({ t: 2 }, [two, one])))).toEqual(['aa: t1', 'zz: t0']);
  });
});

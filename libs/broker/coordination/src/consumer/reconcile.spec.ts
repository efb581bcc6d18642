import { describe, expect, it } from 'vitest';

import type { Assignment } from '../assignors/assignment.ts';
import {
  BLANK_PROFILE,
  MemberState,
  NOTHING_ASSIGNED,
  type CurrentAssignment,
} from './consumer-member.ts';
import { heldSince, NOTHING_HELD, type OwnedPartitions } from './held-partitions.ts';
import { reconcile, type Reconciliation } from './reconcile.ts';

const NOTHING: OwnedPartitions = [];

function partitions(lists: Readonly<Record<string, readonly number[]>>): Assignment {
  return new Map(Object.entries(lists));
}

function held(lists: Readonly<Record<string, readonly number[]>>, epoch = 3) {
  return heldSince(partitions(lists), epoch);
}

/** A member at epoch 3 with t-0 and t-1, and a target of epoch 4. */
function step(
  changes: Partial<CurrentAssignment>,
  input: Partial<Omit<Reconciliation, 'member'>> = {},
): CurrentAssignment {
  const current: CurrentAssignment = {
    ...NOTHING_ASSIGNED,
    epoch: 3,
    previousEpoch: 2,
    assigned: held({ t: [0, 1] }),
    ...changes,
  };
  return reconcile({
    member: { memberId: 'm', profile: BLANK_PROFILE, current },
    target: partitions({ t: [0, 1] }),
    targetEpoch: 4,
    owned: null,
    isFree: () => true,
    topicIds: new Set(['t', 'u']),
    hasSubscriptionChanged: false,
    ...input,
  });
}

/** As text: state, epochs, assigned, revoking. */
function shown({ assigned, epoch, previousEpoch, revoking, state }: CurrentAssignment): string {
  const text = (map: CurrentAssignment['assigned']): string =>
    [...map]
      .flatMap(([topicId, list]) =>
        Array.from(list, ([index, since]) => `${topicId}${index}@${since}`),
      )
      .join(' ');
  const name = ['STABLE', 'UNREVOKED', 'UNRELEASED'][state] ?? state;
  return `${name} ${previousEpoch}>${epoch} [${text(assigned)}] [${text(revoking)}]`;
}

describe('a STABLE member', () => {
  it('follows to a target that takes nothing away', () => {
    const target = partitions({ t: [0, 1, 2] });
    expect(shown(step({}, { target }))).toBe('STABLE 3>4 [t0@3 t1@3 t2@4] []');
  });

  it('stays when there is no newer target', () => {
    const current = step({}, { targetEpoch: 3 });
    expect(shown(current)).toBe('STABLE 2>3 [t0@3 t1@3] []');
  });

  it('gives up first, in its old epoch', () => {
    const target = partitions({ t: [1, 2] });
    expect(shown(step({}, { target }))).toBe('UNREVOKED 3>3 [t1@3] [t0@3]');
  });

  it('need not give up what it says it does not own', () => {
    const target = partitions({ t: [1, 2] });
    const owned = [{ topicId: 't', partitions: [1] }];
    expect(shown(step({}, { target, owned }))).toBe('STABLE 3>4 [t1@3 t2@4] []');
  });

  it('takes what is free and waits for the rest', () => {
    const target = partitions({ t: [0, 1, 2], u: [0] });
    const isFree = (topicId: string) => topicId === 'u';
    const next = step({}, { target, isFree });
    expect(shown(next)).toBe('UNRELEASED 3>4 [t0@3 t1@3 u0@4] []');
  });

  it('gives up topics that it no longer wants before there is a target for that', () => {
    const input = { targetEpoch: 3, hasSubscriptionChanged: true, topicIds: new Set(['u']) };
    expect(shown(step({}, input))).toBe('UNREVOKED 3>3 [] [t0@3 t1@3]');
    expect(shown(step({}, { ...input, owned: NOTHING }))).toBe('STABLE 3>3 [] []');
  });

  it('is not given topics that it no longer wants by a target from before', () => {
    const input = { target: partitions({ t: [0, 1], u: [0] }), topicIds: new Set(['t']) };
    expect(shown(step({}, input))).toBe('STABLE 3>4 [t0@3 t1@3] []');
  });
});

describe('an UNREVOKED member', () => {
  const giving = {
    state: MemberState.UNREVOKED,
    assigned: held({ t: [1] }),
    revoking: held({ t: [0] }),
  };
  const target = partitions({ t: [1, 2] });

  it.each([
    ['says nothing', null],
    ['still owns one', [{ topicId: 't', partitions: [0, 1] }]],
  ])('stays while it %s', (_, owned) => {
    const next = step(giving, { target, owned });
    expect(shown(next)).toBe('UNREVOKED 2>3 [t1@3] [t0@3]');
  });

  it('goes on when it owns none of them any more', () => {
    const owned = [{ topicId: 't', partitions: [1] }];
    expect(shown(step(giving, { target, owned }))).toBe('STABLE 3>4 [t1@3 t2@4] []');
  });

  it('gives up more when a later target wants that', () => {
    const input = { target: partitions({ t: [2] }), targetEpoch: 5 };
    const owned = [{ topicId: 't', partitions: [1] }];
    expect(shown(step(giving, { ...input, owned }))).toBe('UNREVOKED 3>3 [] [t1@3]');
  });

  it('gets back at once what a later target returns to it', () => {
    const input = { target: partitions({ t: [0, 1] }), targetEpoch: 5 };
    const owned = [{ topicId: 't', partitions: [1] }];
    expect(shown(step(giving, { ...input, owned }))).toBe('STABLE 3>5 [t1@3 t0@5] []');
  });

  it('gives up topics that it no longer wants as well', () => {
    const input = { topicIds: new Set<string>(), hasSubscriptionChanged: true };
    expect(shown(step(giving, input))).toBe('UNREVOKED 3>3 [] [t0@3 t1@3]');
  });
});

describe('an UNRELEASED member', () => {
  const waiting = { state: MemberState.UNRELEASED, epoch: 4, previousEpoch: 3 };
  const target = partitions({ t: [0, 1, 2] });

  it('stays as it is while others have its partitions', () => {
    const next = step(waiting, { target, isFree: () => false });
    expect(shown(next)).toBe('UNRELEASED 3>4 [t0@3 t1@3] []');
  });

  it('takes them when they are free', () => {
    expect(shown(step(waiting, { target }))).toBe('STABLE 4>4 [t0@3 t1@3 t2@4] []');
  });
});

it('an unknown state of a newer broker is gone on from', () => {
  const next = step({ state: MemberState.UNKNOWN, revoking: NOTHING_HELD });
  expect(shown(next)).toBe('STABLE 3>4 [t0@3 t1@3] []');
});

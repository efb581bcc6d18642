import { waitFor } from '@weirhouse/testing-harness';
import type { Caller } from './driver.ts';
import type { MemberState } from './operations.ts';

/** Rebalances and lost sessions take seconds in some clients. */
const SETTLE_MS = 40_000;

export interface Expectation {
  readonly driver: Caller;
  readonly member: string;
  readonly until: (state: MemberState) => boolean;
}

/** Waits until a member has seen what is expected; a failure names as its cause what it saw instead, and its errors. */
export async function memberWith(what: string, expected: Expectation): Promise<MemberState> {
  const { driver, member, until } = expected;
  return waitFor(
    what,
    async () => {
      const state = await driver.call('member-state', { member });
      if (state.error === undefined && until(state)) return state;
      throw new Error(describe(state));
    },
    SETTLE_MS,
  );
}

function describe({ assigned, error, log = [], revoked, values }: MemberState): string {
  return [
    `the member holds [${assigned.join(', ')}], lost [${revoked.join(', ')}] and read ${values.length} values`,
    error === undefined ? 'it goes on' : `it ended: ${error}`,
    ...log,
  ].join('\n');
}

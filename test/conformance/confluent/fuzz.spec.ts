import { routes } from '@weirhouse/cloud-contract';
import { expect, test } from 'vitest';
import { canRun } from '../matrix/programs.ts';
import { fuzzApi, schemathesis } from './fuzz/fuzz.ts';

/** Starting the cloud, a first installation and the attack itself, on a busy machine. */
const FUZZ_MAX_MS = 900_000;
/** Requests for each operation and kind of data: a minute in all. */
const EXAMPLES = Number(process.env['WEIRHOUSE_API_FUZZ_EXAMPLES'] ?? '3');
const SEED = 1;
/** So many of the operations must have done what they were asked, or the attack met refusals only. */
const SUCCESSFUL_MIN = 0.5;

test.skipIf(!canRun(schemathesis))(
  'no request made of the description is answered by a 5xx or outside of the description',
  async () => {
    const result = await fuzzApi({ kind: 'short', examples: EXAMPLES }, SEED);
    expect(result.isClean, result.output).toBe(true);
    const names = Object.values(routes).map(({ name }) => name);
    expect(Object.keys(result.statuses).toSorted()).toEqual(names.toSorted());
    const successful = Object.values(result.statuses).filter((counts) =>
      Object.keys(counts).some((status) => status.startsWith('2')),
    );
    expect(successful.length).toBeGreaterThan(names.length * SUCCESSFUL_MIN);
  },
  FUZZ_MAX_MS,
);

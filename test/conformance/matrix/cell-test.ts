import { test } from 'vitest';
import type { Cell } from './results.ts';

/** A scenario waits for broken things with its own, shorter limits. */
const SCENARIO_MS = 120_000;

interface CellTest {
  /** The client or the tool, and what it does. */
  readonly who: string;
  readonly does: string;
  /** Why the client cannot do it at all. */
  readonly lack?: string | undefined;
  /** Why it fails today. */
  readonly known?: string | undefined;
  readonly run: () => Promise<void>;
  readonly record: (cell: Cell) => void;
}

/** One cell of a table as a test: passed, or skipped with the reason why it is not green. */
export function cellTest({ who, does, lack, known, run, record }: CellTest): void {
  test(`${who} ${does}`, { timeout: SCENARIO_MS }, async (context) => {
    if (lack !== undefined) context.skip(`not supported by the client: ${lack}`);
    record('fails');
    const failure = await expectCell(run);
    if (failure === undefined) record('passes');
    if (failure === undefined && known !== undefined)
      throw new Error(`This passes now: take it out of known-failures.ts ("${known}").`);
    if (failure !== undefined && known === undefined) throw failure;
    if (known !== undefined) context.skip(`known failure: ${known}`);
  });
}

async function expectCell(run: () => Promise<void>): Promise<unknown> {
  return run().then(
    () => undefined,
    (error: unknown) => error,
  );
}

// The client in Go: built once, where Go is.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool } from '@weirhouse/testing-harness';
import { findOperation } from './check-answer.ts';
import { nameOf } from './facts.ts';
import { readOurFacts } from './our-facts.ts';

const run = promisify(execFile);
/** Compiling takes seconds, and a minute on a busy machine. */
const BUILD_MAX_MS = 180_000;
const WALK_MAX_MS = 240_000;

/** Compiling takes a while, so that people ask for it; CI does. */
export const hasGo =
  process.env['WEIRHOUSE_CONFORMANCE'] === 'all' &&
  requireTool('go', 'a Go toolchain of the version that go/go.mod names');

/** What a walk came to. */
export interface Walked {
  /** `walk NAME: ok`, or what the walk stumbled over. */
  readonly walks: readonly string[];
  /** The operations of our route table that answered well. */
  readonly operations: ReadonlySet<string>;
}

/** Walks every family at the server that a quick start file names. */
export async function goWalk(folder: string, quickstartFile: string): Promise<Walked> {
  const program = join(folder, 'contract');
  const source = join(import.meta.dirname, 'go');
  await run('go', ['build', '-C', source, '-o', program, '.'], { timeout: BUILD_MAX_MS });
  const { stdout } = await run(program, [quickstartFile], { timeout: WALK_MAX_MS });
  const lines = stdout.trim().split('\n');
  const facts = new Map([['ours', [...readOurFacts().values()]]]);
  const operations = new Set<string>();
  for (const line of lines.filter((one) => one.startsWith('asked '))) {
    const [, method = '', path = ''] = line.split(' ');
    const operation = findOperation(facts, method, path.replace(/^\/api\//u, '/'));
    if (operation !== undefined) operations.add(nameOf(operation));
  }
  return { walks: lines.filter((line) => line.startsWith('walk ')), operations };
}

// The client in Go: built once, where Go is.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { requireTool } from '@weirhouse/testing-harness';

const run = promisify(execFile);
/** Compiling takes seconds, and a minute on a busy machine. */
const BUILD_MAX_MS = 180_000;
const WALK_MAX_MS = 60_000;

/** Compiling takes a while, so that people ask for it; CI does. */
export const hasGo =
  process.env['WEIRHOUSE_CONFORMANCE'] === 'all' &&
  requireTool('go', 'a Go toolchain of the version that go/go.mod names');

/** Walks every family at the server that a quick start file names; answers what failed. */
export async function goWalk(folder: string, quickstartFile: string): Promise<readonly string[]> {
  const program = join(folder, 'contract');
  const source = join(import.meta.dirname, 'go');
  await run('go', ['build', '-C', source, '-o', program, '.'], { timeout: BUILD_MAX_MS });
  const walked = run(program, [quickstartFile], { timeout: WALK_MAX_MS });
  const { stdout } = await walked.catch((error: unknown) => error as { stdout: string });
  const lines = stdout.trim().split('\n');
  if (lines.length < 2) throw new Error(`the walk said too little: ${stdout}`);
  return lines.filter((line) => !line.endsWith(': ok'));
}

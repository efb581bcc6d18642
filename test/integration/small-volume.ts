import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '@weirhouse/testing-harness';
import { onTestFinished, type TestContext } from 'vitest';

/** A volume of a test's own that can be filled and emptied. */
export interface SmallVolume {
  readonly path: string;
  /** Leaves so many bytes free, with a file that nobody needs. */
  fill(leaveBytes: number): void;
  empty(): void;
}

/** Mounts a tmpfs of this size; skips the test where that is not allowed, and fails as root where CI=true. */
export function aSmallVolume(context: TestContext, sizeBytes: number): SmallVolume {
  const folder = temporaryFolder('volume');
  onTestFinished(folder.remove);
  const path = join(folder.path, 'small');
  mkdirSync(path);
  try {
    const options = ['-t', 'tmpfs', '-o', `size=${sizeBytes}`, 'tmpfs', path];
    execFileSync('mount', options, { stdio: 'pipe' });
  } catch {
    if (process.env['CI'] === 'true' && process.getuid?.() === 0)
      throw new Error('tmpfs cannot be mounted');
    context.skip('a tmpfs cannot be mounted here');
  }
  // Lazily: the processes of a failed test may still be in it.
  onTestFinished(() => void execFileSync('umount', ['--lazy', path]));
  const filler = join(path, 'filler');
  return {
    path,
    fill(leaveBytes) {
      rmSync(filler, { force: true });
      const { bavail, bsize } = statfsSync(path);
      try {
        writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - leaveBytes)));
      } catch (error) {
        // Somebody else took the last bytes meanwhile: it is as full as was asked for.
        if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
      }
    },
    empty: () => rmSync(filler, { force: true }),
  };
}

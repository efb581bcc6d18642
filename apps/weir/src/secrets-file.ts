import { open, readFile } from 'node:fs/promises';
import { AppError } from '@weirhouse/shared-kernel';
import type { MadeKey } from '@weirhouse/cloud-client';

/** First line of a file of ours: what lacks it is somebody else's. */
const HEAD = '# API keys that weir made. One line each: address, key, secret.\n';
const OWNER_ONLY = 0o600;

/** Keeps secrets of new keys in a file that only its owner reads. */
export class SecretsFile {
  readonly #path: string;

  private constructor(path: string) {
    this.#path = path;
  }

  /** Throws `failed_precondition` for a file that is not one of ours or that others may read. */
  static async open(path: string): Promise<SecretsFile> {
    const handle = await open(path, 'a+', OWNER_ONLY);
    try {
      const { mode, size } = await handle.stat();
      if ((mode & 0o077) !== 0) throw refused(path, 'others may read it: chmod 600');
      if (size === 0) await handle.appendFile(HEAD);
      else if (!(await readFile(path, 'utf8')).startsWith(HEAD))
        throw refused(path, 'it holds something else: name another file');
    } finally {
      await handle.close();
    }
    return new SecretsFile(path);
  }

  /** On disk when it returns. */
  async add({ address, id, secret }: MadeKey): Promise<void> {
    const handle = await open(this.#path, 'a', OWNER_ONLY);
    try {
      await handle.appendFile(`${address}\t${id}\t${secret}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
}

function refused(path: string, why: string): AppError {
  return new AppError('failed_precondition', `${path} is not used for secrets: ${why}.`);
}

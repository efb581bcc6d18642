import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { AppError } from '@weirhouse/shared-kernel';

export interface FolderLock {
  release(): void;
}

/**
 * Makes this process the only one to use a folder: it binds an abstract unix socket named after the
 * folder's real path, which the kernel frees however the process ends. Throws `failed_precondition`
 * when another live process holds it. Linux only; elsewhere it takes no lock.
 */
export function lockFolder(folder: string, purpose: string): Promise<FolderLock> {
  if (process.platform !== 'linux') return Promise.resolve({ release: () => undefined });
  const digest = createHash('sha256').update(realpathSync(folder)).digest('hex').slice(0, 40);
  const server: Server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const message =
        cause.code === 'EADDRINUSE'
          ? `Another ${purpose} is using the folder ${folder}. Stop it first, or choose another folder.`
          : `The folder ${folder} cannot be locked: ${cause.message}.`;
      reject(new AppError('failed_precondition', message, { field: 'log.dir', cause }));
    });
    server.listen(`\0weirhouse-${purpose.replaceAll(' ', '-')}-${digest}`, () => {
      server.unref();
      resolve({ release: () => void server.close() });
    });
  });
}

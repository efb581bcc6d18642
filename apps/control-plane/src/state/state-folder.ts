import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readFile, realpath, rename, statfs, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { platform } from 'node:os';
import { join } from 'node:path';
import { AppError } from '@weirhouse/shared-kernel';

/** Grows when an older Weirhouse could not understand the folder any more. */
const FORMAT = 1;
/** Free space below which nothing is started, in bytes: a new database takes 45 MiB. */
const FREE_BYTES_MIN = 128 * 1024 * 1024;

/** The folder of everything this machine keeps, held by this process alone. */
export interface StateFolder {
  readonly path: string;
  /** Lets another process have it. */
  release(): Promise<void>;
}

/**
 * Makes the folder when needed and takes it for this process. Throws with one sentence when it is
 * not writable, its disk is full, it is from a newer Weirhouse, or another process holds it. Processes
 * that share a database may share the folder: leases in the database keep them apart.
 */
export async function openStateFolder(
  wanted: string,
  options: { readonly isShared?: boolean } = {},
): Promise<StateFolder> {
  const path = await makeFolder(wanted);
  const { bavail, bsize } = await statfs(path);
  if (bavail * bsize < FREE_BYTES_MIN) {
    const free = Math.floor((bavail * bsize) / 1024 / 1024);
    throw new AppError(
      'storage',
      `The disk of ${path} is full: ${free} MiB are free, and ${FREE_BYTES_MIN / 1024 / 1024} MiB are needed to start.`,
      { field: 'WEIRHOUSE_HOME' },
    );
  }
  const lock = options.isShared === true ? undefined : await takeLock(path);
  const release = (): Promise<void> =>
    new Promise((resolve) => void (lock === undefined ? resolve() : lock.close(() => resolve())));
  try {
    await checkFormat(path);
  } catch (error) {
    await release();
    throw error;
  }
  return { path, release };
}

/** Replaces a file of the folder; after a crash the old or the new content is there, whole. */
export async function writeStateFile(path: string, content: string): Promise<void> {
  const workplace = `${path}.${process.pid}`;
  const file = await open(workplace, 'w', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(workplace, path);
}

async function makeFolder(wanted: string): Promise<string> {
  try {
    await mkdir(wanted, { recursive: true, mode: 0o700 });
    const path = await realpath(wanted);
    const probe = join(path, `.probe-${process.pid}`);
    await (await open(probe, 'w', 0o600)).close();
    await unlink(probe);
    await chmod(path, 0o700);
    return path;
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const reason =
      code === 'ENOSPC'
        ? 'its disk is full'
        : code === 'ENOTDIR' || code === 'EEXIST'
          ? 'there is a file in the way'
          : 'it is not writable';
    throw new AppError('storage', `The state folder ${wanted} cannot be used: ${reason}.`, {
      field: 'WEIRHOUSE_HOME',
      cause,
    });
  }
}

async function checkFormat(path: string): Promise<void> {
  const file = join(path, 'format.json');
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) {
    await writeStateFile(file, `${JSON.stringify({ format: FORMAT })}\n`);
    return;
  }
  const format = readFormat(text);
  if (format === undefined)
    throw new AppError(
      'corrupt',
      `The file ${file} is damaged: it must hold {"format":${FORMAT}}.`,
    );
  if (format > FORMAT) {
    throw new AppError(
      'failed_precondition',
      `The state folder ${path} is from a newer Weirhouse (format ${format}, this one knows ${FORMAT}): start that version, or choose another WEIRHOUSE_HOME.`,
      { field: 'WEIRHOUSE_HOME' },
    );
  }
}

function readFormat(text: string): number | undefined {
  try {
    const { format } = JSON.parse(text) as { readonly format?: unknown };
    return Number.isSafeInteger(format) ? Number(format) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A listening socket is the lock: the kernel drops it with the process, however that ends. Linux has
 * names that are no files; elsewhere a socket file may be left over and is then replaced.
 */
async function takeLock(path: string): Promise<Server> {
  const name = `weirhouse-${createHash('sha256').update(path).digest('hex').slice(0, 32)}`;
  const address = platform() === 'linux' ? `\0${name}` : join(path, 'lock.sock');
  try {
    return await listen(address);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw cause;
    if (platform() !== 'linux' && !(await isAnswered(address))) {
      await unlink(address);
      return listen(address);
    }
    throw new AppError(
      'failed_precondition',
      `Another Weirhouse is running on ${path}: stop it, or choose another WEIRHOUSE_HOME.`,
      { field: 'WEIRHOUSE_HOME', cause },
    );
  }
}

function listen(address: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', reject);
    server.listen(address, () => resolve(server));
    server.unref();
  });
}

function isAnswered(address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

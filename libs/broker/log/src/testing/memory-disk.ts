import { AppError, assert, type Random } from '@weirhouse/shared-kernel';
import {
  type Disk,
  type DiskFile,
  type IoCallback,
  type OpenMode,
  type ReadCallback,
  type StorageFault,
  storageError,
  type WalFile,
} from '../disk.ts';
import { MemoryFile } from './memory-file.ts';

export { seededRandom } from './seeded-random.ts';

type MemoryNode = MemoryFile | MemoryFolder;
type NameOp = readonly (readonly [name: string, node: MemoryNode | undefined])[];

/** A folder: names that processes see, names on the medium, and the changes between, in order. */
class MemoryFolder {
  readonly names = new Map<string, MemoryNode>();
  readonly #durable = new Map<string, MemoryNode>();
  #unsynced: NameOp[] = [];

  change(op: NameOp): void {
    applyNames(this.names, op);
    this.#unsynced.push(op);
  }

  get unsyncedCount(): number {
    return this.#unsynced.length;
  }

  sync(count: number): void {
    for (const op of this.#unsynced.splice(0, count)) applyNames(this.#durable, op);
  }

  /** A journal keeps changes of one folder in order: a random number of the first ones survive. */
  cutPower(random: Random): void {
    this.sync(random.below(this.#unsynced.length + 1));
    this.#unsynced = [];
    this.names.clear();
    for (const [name, node] of this.#durable) this.names.set(name, node);
    for (const node of this.names.values()) node.cutPower(random);
  }
}

function applyNames(names: Map<string, MemoryNode>, op: NameOp): void {
  for (const [name, node] of op) {
    if (node === undefined) names.delete(name);
    else names.set(name, node);
  }
}

interface PendingOp {
  /** Ends the operation: its effect, then its callback. */
  readonly complete: () => void;
  /** What a crash in the middle leaves behind. */
  readonly interrupt: (random: Random) => void;
}

/** What the fault hook is asked about. */
export type DiskOperation = 'read' | 'write' | 'wal-write' | 'datasync' | 'syncDir';

const EVER = 1e15;

/**
 * A disk in memory that can be killed and cut from power. Operations with a callback stay pending
 * until `completeOne` or `completeAll`; synchronous writes reach the page cache at once and the
 * medium with `datasync`. After `kill` or `cutPower` old files refuse to work: open them anew.
 */
export class MemoryDisk implements Disk {
  readonly #root = new MemoryFolder();
  #pending: PendingOp[] = [];
  #life = 0;
  /** Returns the fault of an operation about to be done, or undefined to let it work. */
  fault: ((operation: DiskOperation, path: string) => StorageFault | undefined) | undefined;
  /** True when writes that should be durable are only in the page cache: what a bad disk does. */
  isLying = false;
  /** Bytes that all files together may have. */
  capacityBytes = EVER;
  /** Files that may be open at a time; a sync of a folder needs one too. */
  openFilesMax = EVER;
  #openFiles = 0;

  get openFileCount(): number {
    return this.#openFiles;
  }

  get pendingCount(): number {
    return this.#pending.length;
  }

  /** Completes a pending operation, chosen by `random` or the oldest. False when none is pending. */
  completeOne(random?: Random): boolean {
    if (this.#pending.length === 0) return false;
    const index = random === undefined ? 0 : random.below(this.#pending.length);
    this.#pending.splice(index, 1)[0]?.complete();
    return true;
  }

  /** Completes the operation that was started last. */
  completeLast(): void {
    this.#pending.pop()?.complete();
  }

  /** Completes operations until none is pending, those that start meanwhile included. */
  completeAll(): void {
    while (this.completeOne());
  }

  /** Completes operations until `isOver` or until none is pending. */
  completeUntil(isOver: () => boolean, random?: Random): void {
    while (!isOver() && this.completeOne(random));
  }

  /** The process dies: what it wrote stays, what was under way happened in part or not at all. */
  kill(random: Random): void {
    const interrupted = this.#pending;
    this.#pending = [];
    this.#life += 1;
    this.#openFiles = 0;
    for (const op of interrupted) op.interrupt(random);
  }

  /** The machine loses power: of everything that was not synced a random part stays. */
  cutPower(random: Random): void {
    this.kill(random);
    this.#root.cutPower(random);
  }

  flipBit(path: string, position: number, bit = 0): void {
    this.#file(path).flipBit(position, bit);
  }

  open(path: string, mode: OpenMode): DiskFile {
    this.#needFile(path);
    if (mode === 'write') this.#create(path);
    return this.#handle(path, this.#file(path));
  }

  openWal(path: string, _sizeBytes: number): WalFile {
    this.#needFile(path);
    this.#create(path);
    const file = this.#file(path);
    const life = this.#life;
    return {
      write: (buffers, position, done) => {
        assert(life === this.#life, `${path} was opened before the crash`);
        const bytes = Buffer.concat(buffers);
        assert(position % 4096 === 0 && bytes.length % 4096 === 0, 'WAL writes are aligned');
        this.#pending.push({
          complete: () => {
            const fault = this.#faultOf('wal-write', path);
            const fitting = fault === undefined ? this.#fitting(file, position, bytes) : 0;
            const written = bytes.subarray(0, fitting);
            if (this.isLying) file.write(position, written);
            else file.writeDurably(position, written);
            done(fault ?? (fitting < bytes.length ? noSpace(path) : undefined));
          },
          interrupt: (random) => file.interruptWrite(position, bytes, random),
        });
      },
      writeCached: (buffers, position, done) => {
        assert(life === this.#life, `${path} was opened before the crash`);
        const bytes = Buffer.concat(buffers);
        this.#pending.push({
          complete: () => {
            const fault = this.#faultOf('wal-write', path);
            const fitting = fault === undefined ? this.#fitting(file, position, bytes) : 0;
            if (fitting > 0) file.write(position, bytes.subarray(0, fitting));
            done(fault ?? (fitting < bytes.length ? noSpace(path) : undefined));
          },
          interrupt: (random) => file.interruptWrite(position, bytes, random),
        });
      },
      sync: (done) => {
        const count = file.unsyncedCount;
        this.#later(done, () => {
          const error = this.#faultOf('datasync', path);
          if (error === undefined && !this.isLying) file.sync(count);
          return error;
        });
      },
      closeSync: () => undefined,
    };
  }

  fillWal(path: string, sizeBytes: number, done: IoCallback): void {
    this.#create(path);
    const file = this.#file(path);
    const zeros = Buffer.alloc(sizeBytes);
    this.#pending.push({
      complete: () => {
        const fault = this.#faultOf('wal-write', path);
        const fitting = fault === undefined ? this.#fitting(file, 0, zeros) : 0;
        file.writeDurably(0, zeros.subarray(0, fitting));
        done(fault ?? (fitting < sizeBytes ? noSpace(path) : undefined));
      },
      interrupt: (random) => file.interruptWrite(0, zeros, random),
    });
  }

  list(path: string): readonly string[] {
    return [...this.#folder(path).names.keys()];
  }

  exists(path: string): boolean {
    return this.#find(path) !== undefined;
  }

  sizeOf(path: string): number {
    return this.#file(path).size;
  }

  mkdir(path: string): void {
    assert(!this.exists(path), `${path} exists`);
    const [folder, name] = this.#parent(path);
    folder.change([[name, new MemoryFolder()]]);
  }

  rename(from: string, to: string): void {
    const [folder, name] = this.#parent(from);
    const [target, targetName] = this.#parent(to);
    assert(folder === target, 'a rename stays within its folder');
    const node = folder.names.get(name);
    if (node === undefined) throw storageError('not_found', `there is no ${from}`);
    folder.change([
      [name, undefined],
      [targetName, node],
    ]);
  }

  unlink(path: string): void {
    this.#file(path);
    const [folder, name] = this.#parent(path);
    folder.change([[name, undefined]]);
  }

  rmdir(path: string): void {
    assert(this.#folder(path).names.size === 0, `${path} is not empty`);
    const [folder, name] = this.#parent(path);
    folder.change([[name, undefined]]);
  }

  syncDir(path: string, done: IoCallback): void {
    this.#needFile(path);
    const folder = this.#folder(path);
    const count = folder.unsyncedCount;
    this.#later(done, () => {
      const error = this.#faultOf('syncDir', path);
      if (error === undefined) folder.sync(count);
      return error;
    });
  }

  freeBytes(): number {
    return Math.max(0, this.capacityBytes - this.#usedBytes(this.#root));
  }

  #needFile(path: string): void {
    if (this.#openFiles >= this.openFilesMax)
      throw storageError('no_files', `${path} is one file too many`);
  }

  #handle(path: string, file: MemoryFile): DiskFile {
    const life = this.#life;
    this.#openFiles += 1;
    let isClosed = false;
    let underWay = 0;
    const check = (): void => {
      assert(!isClosed, `${path} is closed`);
      assert(life === this.#life, `${path} was opened before the crash`);
    };
    const end = <Result extends unknown[]>(done: (...result: Result) => void) => {
      underWay += 1;
      return (...result: Result): void => {
        underWay -= 1;
        done(...result);
      };
    };
    const writevSync = (buffers: readonly Buffer[], position: number): void => {
      check();
      const bytes = Buffer.concat(buffers);
      const error = this.#faultOf('write', path);
      if (error !== undefined) throw error;
      const fitting = this.#fitting(file, position, bytes);
      file.write(position, bytes.subarray(0, fitting));
      if (fitting < bytes.length) throw noSpace(path);
    };
    const readSync = (buffer: Buffer, position: number): number => {
      check();
      const error = this.#faultOf('read', path);
      if (error !== undefined) throw error;
      return file.read(buffer, position);
    };
    return {
      readSync,
      read: (buffer, position, done) => {
        check();
        this.#readLater({ readSync, buffer, position, done: end(done) });
      },
      writevSync,
      writev: (buffers, position, done) => {
        check();
        const ended = end(done);
        this.#pending.push({
          complete: () => ended(attempt(() => writevSync(buffers, position))),
          interrupt: (random) => file.interruptWrite(position, Buffer.concat(buffers), random),
        });
      },
      truncateSync: (size) => {
        check();
        file.truncate(size);
      },
      sizeSync: () => {
        check();
        return file.size;
      },
      datasync: (done) => {
        check();
        const count = file.unsyncedCount;
        this.#later(end(done), () => {
          const error = this.#faultOf('datasync', path);
          if (error === undefined) file.sync(count);
          return error;
        });
      },
      closeSync: () => {
        assert(underWay === 0, `${path} is closed while an operation is under way`);
        if (!isClosed && life === this.#life) this.#openFiles -= 1;
        isClosed = true;
      },
    };
  }

  #readLater(request: {
    readonly readSync: (buffer: Buffer, position: number) => number;
    readonly buffer: Buffer;
    readonly position: number;
    readonly done: ReadCallback;
  }): void {
    let bytes = 0;
    this.#later(
      (error) => request.done(error, bytes),
      () =>
        attempt(() => {
          bytes = request.readSync(request.buffer, request.position);
        }),
    );
  }

  #later(done: IoCallback, effect: () => AppError | undefined): void {
    this.#pending.push({ complete: () => done(effect()), interrupt: () => undefined });
  }

  #faultOf(operation: DiskOperation, path: string): AppError | undefined {
    const fault = this.fault?.(operation, path);
    return fault === undefined ? undefined : storageError(fault, `${operation} of ${path} failed`);
  }

  /** How many bytes of a write find room: a full disk writes what fits and then fails. */
  #fitting(file: MemoryFile, position: number, bytes: Buffer): number {
    if (this.capacityBytes === EVER) return bytes.length;
    const room = this.freeBytes() + Math.max(0, file.size - position);
    return Math.min(bytes.length, room);
  }

  #usedBytes(folder: MemoryFolder): number {
    let used = 0;
    for (const node of folder.names.values())
      used += node instanceof MemoryFile ? node.size : this.#usedBytes(node);
    return used;
  }

  #create(path: string): void {
    if (this.exists(path)) return;
    const [folder, name] = this.#parent(path);
    folder.change([[name, new MemoryFile()]]);
  }

  #find(path: string): MemoryNode | undefined {
    let node: MemoryNode | undefined = this.#root;
    for (const name of path.split('/').filter((part) => part !== ''))
      node = node instanceof MemoryFolder ? node.names.get(name) : undefined;
    return node;
  }

  #parent(path: string): readonly [MemoryFolder, string] {
    const slash = path.lastIndexOf('/');
    return [this.#folder(path.slice(0, Math.max(slash, 0))), path.slice(slash + 1)];
  }

  #folder(path: string): MemoryFolder {
    const node = this.#find(path);
    if (!(node instanceof MemoryFolder)) throw storageError('not_found', `no folder ${path}`);
    return node;
  }

  #file(path: string): MemoryFile {
    const node = this.#find(path);
    if (!(node instanceof MemoryFile)) throw storageError('not_found', `there is no file ${path}`);
    return node;
  }
}

function noSpace(path: string): AppError {
  return storageError('no_space', `there is no room for ${path}`);
}

function attempt(action: () => void): AppError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
}

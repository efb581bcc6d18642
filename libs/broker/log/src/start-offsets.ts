import type { Disk, IoCallback } from './disk.ts';
import { partitionFolder } from './segment/file-names.ts';
import { inSequence } from './sequence.ts';

/** Kafka's name and format: version, count, then `topic partition offset` lines. */
const FILE = 'log-start-offset-checkpoint';
const FILE_VERSION = 0;

/**
 * The start offsets above 0 of all partitions of a volume. Written before segments are removed: after
 * a power cut it says which of the segments that came back are void.
 */
export class StartOffsets {
  readonly #disk: Disk;
  /** Called back when the write that is to come is over; undefined while none is under way. */
  #waiting: IoCallback[] | undefined;
  /** By partition folder. */
  readonly #offsets = new Map<string, number>();

  constructor(disk: Disk) {
    this.#disk = disk;
    if (!disk.exists(FILE)) return;
    const bytes = Buffer.alloc(disk.sizeOf(FILE));
    const file = disk.open(FILE, 'read');
    file.readSync(bytes, 0);
    file.closeSync();
    for (const line of bytes.toString('utf8').split('\n').slice(2)) {
      const match = /^(\S+) (\d+) (\d+)$/.exec(line);
      if (match === null) continue;
      const folder = partitionFolder(match[1] as string, Number(match[2]));
      this.#offsets.set(folder, Number(match[3]));
    }
  }

  get(folder: string): number {
    return this.#offsets.get(folder) ?? 0;
  }

  /** Notes an offset; true when that is news. */
  set(folder: string, offset: number): boolean {
    if (offset === 0 || this.#offsets.get(folder) === offset) return false;
    this.#offsets.set(folder, offset);
    return true;
  }

  /** Forgets a partition; true when it had an entry. */
  delete(folder: string): boolean {
    return this.#offsets.delete(folder);
  }

  /** Replaces the file: durable when `done` has no error. Calls during a write share the next one. */
  write(done: IoCallback): void {
    if (this.#waiting !== undefined) {
      this.#waiting.push(done);
      return;
    }
    this.#waiting = [];
    this.#replace((error) => {
      const waiting = this.#waiting ?? [];
      this.#waiting = undefined;
      if (waiting.length > 0)
        this.write((nextError) => {
          for (const callback of waiting) callback(nextError);
        });
      done(error);
    });
  }

  #replace(done: IoCallback): void {
    const lines = [...this.#offsets].map(([folder, offset]) => {
      const dash = folder.lastIndexOf('-');
      return `${folder.slice(0, dash)} ${folder.slice(dash + 1)} ${offset}\n`;
    });
    const text = `${FILE_VERSION}\n${lines.length}\n${lines.join('')}`;
    const temporary = `${FILE}.tmp`;
    inSequence(
      [
        (next) => {
          const file = this.#disk.open(temporary, 'write');
          file.truncateSync(0);
          file.writevSync([Buffer.from(text)], 0);
          file.datasync((error) => {
            file.closeSync();
            next(error);
          });
        },
        (next) => {
          this.#disk.rename(temporary, FILE);
          this.#disk.syncDir('', next);
        },
      ],
      done,
    );
  }
}

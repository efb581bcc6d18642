import { type Disk, type IoCallback, openWith } from './disk.ts';
import { inSequence } from './sequence.ts';

/** As Kafka's checkpoints of offsets: version, count, then lines of name, partition and offset. */
const FILE_VERSION = 0;

/**
 * The start offsets, by `keyOf`. Not Kafka's `log-start-offset-checkpoint`, but topic ids for names: a
 * name may be another topic's after a crash, an id is not.
 */
export const START_OFFSETS_FILE = 'log-start-offsets';
/** How far compaction came, by the partition's folder: Kafka's file of that name. */
export const CLEANER_OFFSETS_FILE = 'cleaner-offset-checkpoint';

/**
 * Offsets above 0 of all partitions of a volume. Start offsets are written before segments are removed:
 * after a power cut they say which of the segments that came back are void.
 */
export class OffsetCheckpoint {
  readonly #disk: Disk;
  readonly #path: string;
  /** Called back when the write that is to come is over; undefined while none is under way. */
  #waiting: IoCallback[] | undefined;
  /** By name and partition with a dash between them. */
  readonly #offsets = new Map<string, number>();

  constructor(disk: Disk, path: string) {
    this.#disk = disk;
    this.#path = path;
    if (!disk.exists(path)) return;
    const bytes = Buffer.alloc(disk.sizeOf(path));
    const file = disk.open(path, 'read');
    file.readSync(bytes, 0);
    file.closeSync();
    for (const line of bytes.toString('utf8').split('\n').slice(2)) {
      const match = /^(\S+) (\d+) (\d+)$/.exec(line);
      if (match === null) continue;
      this.#offsets.set(`${match[1]}-${Number(match[2])}`, Number(match[3]));
    }
  }

  get(key: string): number {
    return this.#offsets.get(key) ?? 0;
  }

  /** True when no partition has an entry. */
  get isEmpty(): boolean {
    return this.#offsets.size === 0;
  }

  /** Notes an offset; true when that is news. */
  set(key: string, offset: number): boolean {
    if (offset === 0) return this.delete(key);
    if (this.#offsets.get(key) === offset) return false;
    this.#offsets.set(key, offset);
    return true;
  }

  /** Forgets a partition; true when it had an entry. */
  delete(key: string): boolean {
    return this.#offsets.delete(key);
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
    const lines = [...this.#offsets].map(([key, offset]) => {
      const dash = key.lastIndexOf('-');
      return `${key.slice(0, dash)} ${key.slice(dash + 1)} ${offset}\n`;
    });
    const text = `${FILE_VERSION}\n${lines.length}\n${lines.join('')}`;
    const temporary = `${this.#path}.tmp`;
    inSequence(
      [
        (next) => {
          const file = openWith(this.#disk, temporary, Buffer.from(text));
          file.datasync((error) => {
            file.closeSync();
            next(error);
          });
        },
        (next) => {
          this.#disk.rename(temporary, this.#path);
          this.#disk.syncDir('', next);
        },
      ],
      done,
    );
  }
}

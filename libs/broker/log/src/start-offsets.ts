import { type Disk, type IoCallback, openWith } from './disk.ts';
import { keyOf } from './wal/recovery.ts';
import { inSequence } from './sequence.ts';

/**
 * As Kafka's `log-start-offset-checkpoint`, with topic ids for names: version, count, then lines of
 * topic id, partition and offset. A name may be another topic's after a crash, an id is not.
 */
const FILE = 'log-start-offsets';
const FILE_VERSION = 0;

/**
 * The start offsets above 0 of all partitions of a volume. Written before segments are removed: after
 * a power cut it says which of the segments that came back are void.
 */
export class StartOffsets {
  readonly #disk: Disk;
  /** Called back when the write that is to come is over; undefined while none is under way. */
  #waiting: IoCallback[] | undefined;
  /** By `keyOf`. */
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
      this.#offsets.set(keyOf(match[1] as string, Number(match[2])), Number(match[3]));
    }
  }

  get(key: string): number {
    return this.#offsets.get(key) ?? 0;
  }

  /** Notes an offset; true when that is news. */
  set(key: string, offset: number): boolean {
    if (offset === 0 || this.#offsets.get(key) === offset) return false;
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
    const temporary = `${FILE}.tmp`;
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
          this.#disk.rename(temporary, FILE);
          this.#disk.syncDir('', next);
        },
      ],
      done,
    );
  }
}

import { existsSync, readFileSync } from 'node:fs';
import type {
  Register,
  RegisterReadOutcome,
  RegisterValue,
  RegisterWriteOutcome,
  VersionedRegisterValue,
} from '@weirhouse/broker-metadata';
import { AppError } from '@weirhouse/shared-kernel';
import { writeFileDurably } from '../durable-file.ts';

/**
 * The Register of a cluster of one machine: a small JSON file in the data folder, replaced durably.
 * Linearizable because the folder's lock leaves one process that writes it.
 */
export class FileRegister implements Register {
  readonly #path: string;
  readonly #watchers = new Set<(current: VersionedRegisterValue) => void>();

  constructor(path: string) {
    this.#path = path;
  }

  read(done: (outcome: RegisterReadOutcome) => void): void {
    done(this.#load());
  }

  compareAndSet(
    expectedVersion: string | undefined,
    value: RegisterValue,
    done: (outcome: RegisterWriteOutcome) => void,
  ): void {
    const found = this.#load();
    if (found.kind === 'failed') {
      done(found);
      return;
    }
    const version = found.kind === 'value' ? found.current.version : undefined;
    if (version !== expectedVersion) {
      done({ kind: 'conflict' });
      return;
    }
    const current = { version: String(Number(version ?? 0) + 1), value };
    try {
      writeFileDurably(this.#path, `${JSON.stringify(current)}\n`);
    } catch (cause) {
      const message = `The register ${this.#path} cannot be written: ${reason(cause)}.`;
      done({ kind: 'failed', error: new AppError('storage', message, { cause }) });
      return;
    }
    done({ kind: 'written', version: current.version });
    for (const watcher of this.#watchers) watcher(current);
  }

  watch(onChange: (current: VersionedRegisterValue) => void): () => void {
    this.#watchers.add(onChange);
    return () => this.#watchers.delete(onChange);
  }

  #load(): RegisterReadOutcome {
    if (!existsSync(this.#path)) return { kind: 'absent' };
    try {
      const current = JSON.parse(readFileSync(this.#path, 'utf8')) as VersionedRegisterValue;
      if (typeof current.version === 'string' && typeof current.value?.leaderEpoch === 'number')
        return { kind: 'value', current };
      throw new Error('it has not the form of a register');
    } catch (cause) {
      const message = `The register ${this.#path} cannot be read: ${reason(cause)}.`;
      return { kind: 'failed', error: new AppError('corrupt', message, { cause }) };
    }
  }
}

function reason(cause: unknown): string {
  if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') return 'the disk is full';
  return cause instanceof Error ? cause.message : String(cause);
}

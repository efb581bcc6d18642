import type { AppError } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { type IoCallback, storageError } from './disk.ts';
import { inSequence } from './sequence.ts';

describe('steps in sequence', () => {
  it('wait for each other and end once', () => {
    const later: IoCallback[] = [];
    const trace: string[] = [];
    inSequence(
      [
        (next) => {
          trace.push('first');
          later.push(next);
        },
        (next) => {
          trace.push('second');
          next(undefined);
        },
        (next) => {
          trace.push('third');
          later.push(next);
        },
      ],
      (error) => trace.push(`done ${error?.code}`),
    );
    expect(trace).toEqual(['first']);
    later[0]?.(undefined);
    expect(trace).toEqual(['first', 'second', 'third']);
    later[1]?.(undefined);
    later[1]?.(undefined);
    expect(trace).toEqual(['first', 'second', 'third', 'done undefined']);
  });

  it('stop at an error that is called back or thrown', () => {
    const failing = [
      (next: IoCallback) => next(storageError('io', 'called back')),
      () => {
        throw storageError('io', 'thrown');
      },
    ];
    for (const step of failing) {
      const errors: (AppError | undefined)[] = [];
      let isReached = false;
      const after = (): void => {
        isReached = true;
      };
      inSequence([step, after], (error) => errors.push(error));
      expect(errors).toHaveLength(1);
      expect(errors[0]?.code).toBe('storage');
      expect(isReached).toBe(false);
    }
  });

  it('may be very many that call back at once', () => {
    const steps = Array.from({ length: 100_000 }, () => (next: IoCallback) => next(undefined));
    let isDone = false;
    inSequence(steps, () => {
      isDone = true;
    });
    expect(isDone).toBe(true);
  });
});

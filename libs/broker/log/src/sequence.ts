import type { AppError } from '@weirhouse/shared-kernel';
import { asAppError, type IoCallback } from './disk.ts';

/** One step of a longer operation; calls back once, at once or later. */
export type Step = (done: IoCallback) => void;

/** Runs steps one after another and stops at the first error, thrown or called back. */
export function inSequence(steps: readonly Step[], done: IoCallback): void {
  let place = 0;
  const next = (error: AppError | undefined): void => {
    const step = steps[place];
    place += 1;
    if (error !== undefined || step === undefined) done(error);
    else run(step, next);
  };
  next(undefined);
}

function run(step: Step, next: IoCallback): void {
  let isDone = false;
  let thrown: AppError | undefined;
  try {
    step((error) => {
      isDone = true;
      next(error);
    });
  } catch (error) {
    // Thrown by what follows the step, not by the step itself: not ours to answer twice.
    if (isDone) throw error;
    thrown = asAppError(error);
  }
  if (thrown !== undefined) next(thrown);
}

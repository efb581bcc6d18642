import type { AppError } from '@weirhouse/shared-kernel';
import { asAppError, type IoCallback } from './disk.ts';

/** One step of a longer operation; calls back once, at once or later. */
export type Step = (done: IoCallback) => void;

/**
 * Runs steps one after another and stops at the first error, thrown or called back. Steps that call
 * back at once are looped over, not nested: there may be one per partition.
 */
export function inSequence(steps: readonly Step[], done: IoCallback): void {
  let place = 0;
  let isLooping = false;
  /** How many steps have called back, and the error of the last one. */
  const ended: { count: number; error: AppError | undefined } = { count: 0, error: undefined };

  const loop = (): void => {
    if (isLooping) return;
    isLooping = true;
    while (ended.count === place && ended.error === undefined && place < steps.length) {
      place += 1;
      run(steps[place - 1] as Step, place);
    }
    isLooping = false;
    if (ended.count === place) done(ended.error);
  };
  const run = (step: Step, number: number): void => {
    const finish: IoCallback = (error) => {
      if (ended.count >= number) return;
      ended.count = number;
      ended.error = error;
      loop();
    };
    try {
      step(finish);
    } catch (error) {
      finish(asAppError(error));
    }
  };
  loop();
}

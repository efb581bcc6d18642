import { AppError } from './errors.ts';

/** Throws an `internal` AppError when an invariant does not hold. Stays on in production. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AppError('internal', message);
}

/** Marks a branch that the types prove impossible. */
export function unreachable(value: never): never {
  throw new AppError('internal', `unreachable value: ${String(value)}`);
}

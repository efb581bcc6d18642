import type { Assignor } from './assignor.ts';
import { rangeAssignor } from './range.ts';
import { uniformAssignor } from './uniform.ts';

const ASSIGNORS: ReadonlyMap<string, Assignor> = new Map(
  [uniformAssignor, rangeAssignor].map((assignor) => [assignor.name, assignor]),
);

/** The assignor of that name; undefined for names that no broker of ours knows. */
export function findAssignor(name: string): Assignor | undefined {
  return ASSIGNORS.get(name);
}

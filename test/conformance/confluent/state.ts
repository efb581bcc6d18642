// Where each operation of the published contract stands here.
import { compareOperations, type Difference } from './compare.ts';
import { findPurpose, NOT_OFFERED, type Purpose } from './differences.ts';
import { nameOf, readFacts, type OperationFacts } from './facts.ts';
import { readOurFacts, shapeOfPath } from './our-facts.ts';

/** One operation of the published contract and what is here in its place. */
export interface OperationState {
  readonly api: string;
  readonly name: string;
  readonly theirs: OperationFacts;
  readonly ours: OperationFacts | undefined;
  /** Why it is not offered; undefined for what is served, or not yet. */
  readonly notOffered: string | undefined;
  readonly differences: readonly (Difference & { readonly purpose: Purpose | undefined })[];
}

/** Every operation of the facts, in their order. */
export function readStates(): readonly OperationState[] {
  const own = readOurFacts();
  return [...readFacts()].flatMap(([api, operations]) =>
    operations.map((theirs) => {
      const name = nameOf(theirs);
      const ours = own.get(`${theirs.method} ${shapeOfPath(theirs.path)}`);
      const found = ours === undefined ? [] : compareOperations(theirs, ours);
      return {
        api,
        name,
        theirs,
        ours,
        notOffered:
          ours === undefined
            ? NOT_OFFERED.find(({ path }) => path.test(theirs.path))?.reason
            : undefined,
        differences: found.map((one) => ({ ...one, purpose: findPurpose(name, one) })),
      };
    }),
  );
}

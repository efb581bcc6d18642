/** Postgres error codes (its manual, appendix A) that repositories turn into domain errors. */
const UNIQUE_VIOLATION = '23505';
const FOREIGN_KEY_VIOLATION = '23503';
/** What newer servers say when a RESTRICT key refuses a delete. */
const RESTRICT_VIOLATION = '23001';

interface DriverError {
  readonly meta?: {
    readonly driverAdapterError?: {
      readonly cause?: {
        readonly originalCode?: string;
        readonly constraint?: { readonly fields?: readonly string[]; readonly index?: string };
      };
    };
  };
}

/** Which key an insert or update ran into: the primary one, another unique one, or none. */
export function findTakenKey(error: unknown): 'id' | 'other' | undefined {
  const cause = causeOf(error);
  if (cause?.originalCode !== UNIQUE_VIOLATION) return undefined;
  // One adapter names the index, the other the columns.
  const { index, fields } = cause.constraint ?? {};
  const isPrimary = index === undefined ? fields?.join() === 'id' : index.endsWith('_pkey');
  return isPrimary ? 'id' : 'other';
}

/** True when a row named by the statement does not exist, or is still named by others. */
export function isReferenceViolation(error: unknown): boolean {
  const code = causeOf(error)?.originalCode;
  return code === FOREIGN_KEY_VIOLATION || code === RESTRICT_VIOLATION;
}

function causeOf(
  error: unknown,
): NonNullable<NonNullable<DriverError['meta']>['driverAdapterError']>['cause'] {
  return (error as DriverError | null)?.meta?.driverAdapterError?.cause;
}

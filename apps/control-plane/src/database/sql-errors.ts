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
        readonly constraint?: { readonly fields?: readonly string[] };
      };
    };
  };
}

/** The columns of the unique key that an insert or update ran into, or undefined. */
export function findTakenColumns(error: unknown): readonly string[] | undefined {
  const cause = causeOf(error);
  return cause?.originalCode === UNIQUE_VIOLATION ? (cause.constraint?.fields ?? []) : undefined;
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

/** Every error code of the platform; areas narrow it with `AppError<'not_found'>`. */
export type ErrorCode =
  | 'invalid_argument'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'already_exists'
  | 'failed_precondition'
  | 'quota_exceeded'
  | 'rate_limited'
  | 'unavailable'
  | 'timeout'
  | 'storage'
  | 'corrupt'
  | 'internal';

export interface ErrorOptions {
  /** The name of the field, option or parameter at fault, as the person wrote it. */
  readonly field?: string;
  /** For the log only: never shown to a user. */
  readonly detail?: string;
  readonly cause?: unknown;
}

/**
 * The one error class. `message` is safe to show: it names the field and the fix. `detail` and `cause`
 * are for the log. Compare `code`, never the class.
 */
export class AppError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly field: string | undefined;
  readonly detail: string | undefined;

  constructor(code: Code, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.field = options.field;
    this.detail = options.detail;
  }
}

/** True when `value` is an AppError, from this or another copy of the package. */
export function isAppError(value: unknown): value is AppError {
  return value instanceof Error && value.name === 'AppError' && 'code' in value;
}

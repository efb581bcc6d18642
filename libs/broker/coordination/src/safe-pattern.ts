import { RE2JS, RE2JSException } from 're2js';

/** Longest pattern that is compiled, in UTF-16 units; the cost of a match grows with it. */
const PATTERN_LENGTH_MAX = 4096;

/** A compiled pattern that is safe to run on behalf of a stranger. */
export interface SafePattern {
  readonly text: string;
  /** True when the whole of `input` matches, as Java's `Matcher.matches` has it. */
  readonly matches: (input: string) => boolean;
}

/** A pattern, or one sentence about why there is none. */
export type SafePatternOutcome =
  | { readonly ok: true; readonly pattern: SafePattern }
  | { readonly ok: false; readonly message: string };

/**
 * Compiles a regular expression in RE2's syntax, which Kafka's servers take from clients (KIP-848,
 * KIP-1152). A match takes time linear in the input: no pattern can make the broker stall, as a
 * backtracking engine would. Look-around and back references are therefore errors.
 */
export function compileSafePattern(text: string): SafePatternOutcome {
  if (text.length > PATTERN_LENGTH_MAX)
    return { ok: false, message: `longer than ${PATTERN_LENGTH_MAX} characters` };
  try {
    const compiled = RE2JS.compile(text);
    return { ok: true, pattern: { text, matches: (input) => compiled.matches(input) } };
  } catch (error) {
    if (error instanceof RE2JSException) return { ok: false, message: error.message };
    throw error;
  }
}

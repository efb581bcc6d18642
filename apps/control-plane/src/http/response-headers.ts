/** Headers of answers on their way to the interceptor; they live as long as the answer. */
const HEADERS = new WeakMap<object, Readonly<Record<string, string>>>();

/** Gives an answer headers of its own, for what its schema has no place for. */
export function withHeaders<Output extends object>(
  output: Output,
  headers: Readonly<Record<string, string>>,
): Output {
  HEADERS.set(output, headers);
  return output;
}

/** The headers that an answer was given. */
export function headersOf(output: unknown): Readonly<Record<string, string>> {
  return (typeof output === 'object' && output !== null && HEADERS.get(output)) || {};
}

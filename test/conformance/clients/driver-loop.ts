import { createInterface } from 'node:readline';
import type { Connection, OperationName, Operations } from '../matrix/operations.ts';

/** What a driver can do. An operation that is left out is answered as unknown. */
export type Handlers = {
  readonly [Name in OperationName]?: (
    ask: Operations[Name]['ask'],
    on: Connection,
  ) => Promise<Operations[Name]['answer']>;
};

export const NOTHING: Readonly<Record<string, never>> = {};

/** How long `read` waits for one record too many, and for the records at all. */
export const QUIET_MS = 300;
export const READ_MS = 15_000;

/**
 * Serves requests, one JSON object a line on standard input, side by side, with one JSON line each on standard
 * output; ends with its input.
 */
export function serve(version: string, handlers: Handlers): void {
  const input = createInterface({ input: process.stdin });
  input.on('line', (line) => {
    const { id, op, on, ...ask } = JSON.parse(line) as { id: number; op: string; on: Connection };
    const print = (reply: object): void => {
      process.stdout.write(`${JSON.stringify({ id, ...reply })}\n`);
    };
    const handler = handlers[op as OperationName] as
      | ((ask: object, on: Connection) => Promise<unknown>)
      | undefined;
    if (op === 'version') print({ ok: version });
    else if (handler === undefined) print({ error: `this driver has no operation ${op}` });
    else
      handler(ask, on).then(
        (ok) => print({ ok }),
        (error: unknown) => print({ error: messages(error).join('; ') }),
      );
  });
  // Clients may hold timers and sockets; without its input nobody asks any more.
  input.on('close', () => process.exit(0));
}

/** Resolves after `ms`. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}

/** Waits until `count()` reaches `enough` and QUIET_MS passed without more, or READ_MS in all. */
export async function untilQuiet(count: () => number, enough: number): Promise<void> {
  const end = performance.now() + READ_MS;
  while (performance.now() < end) {
    const before = count();
    await pause(before >= enough ? QUIET_MS : 10);
    if (before >= enough && count() === before) return;
  }
}

/** Every message in an error and in the errors inside it. */
function messages(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const inner = error instanceof AggregateError ? error.errors : [];
  return [
    `${error.name}: ${error.message}`,
    ...[error.cause, ...inner].filter((each) => each !== undefined).flatMap(messages),
  ];
}

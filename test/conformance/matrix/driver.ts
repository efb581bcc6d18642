import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Connection, OperationName, Operations } from './operations.ts';
import type { Command } from './programs.ts';

/** An operation that hangs longer is broken. */
const CALL_MS = 40_000;

/** How much of a driver's error output a failure shows. */
const STDERR_CHARS = 2000;

/** A refusal as the client reports it to its user. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
}

/** Whom a scenario asks. */
export interface Caller {
  /** Asks as `on`; a refusal by the client is a `ClientError` with its text. */
  call<Name extends OperationName>(
    operation: Name,
    ask: Operations[Name]['ask'],
    on?: Connection,
  ): Promise<Operations[Name]['answer']>;
}

/** One running process of a client. */
export interface Driver extends Caller {
  /** The version that the client's library tells of itself. */
  version(): Promise<string>;
  kill(signal: NodeJS.Signals): void;
}

interface Reply {
  readonly id: number;
  readonly ok?: unknown;
  readonly error?: string;
}

/** Starts a driver that connects by `connection` where a call names no other. */
export function startDriver(command: Command, connection: Connection): Driver {
  const child = spawn(command.command, command.args, {
    env: { ...process.env, ...command.env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const waiting = new Map<number, (reply: Reply) => void>();
  let errors = '';
  let ended: string | undefined;
  child.stderr.on('data', (chunk: Buffer) => {
    errors = (errors + chunk.toString('utf8')).slice(-STDERR_CHARS);
  });
  child.stdin.on('error', () => undefined);
  createInterface({ input: child.stdout }).on('line', (line) => {
    const reply = parse(line);
    if (reply === undefined) return;
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  const end = (how: string): void => {
    ended = how;
    for (const [id, settle] of waiting)
      settle({ id, error: `the driver ended (${how}) ${errors}` });
    waiting.clear();
  };
  child.on('error', (error) => end(String(error)));
  child.on('exit', (code, signal) => end(String(signal ?? code)));

  let last = 0;
  const ask = async (operation: string, on: Connection, rest: object): Promise<unknown> => {
    if (ended !== undefined) throw new Error(`the driver ended (${ended}) ${errors}`);
    const id = ++last;
    const reply = await new Promise<Reply>((resolve) => {
      const timer = setTimeout(() => {
        waiting.delete(id);
        resolve({ id, error: `${operation}: no answer in ${CALL_MS} ms ${errors}` });
      }, CALL_MS);
      waiting.set(id, (settled) => {
        clearTimeout(timer);
        resolve(settled);
      });
      child.stdin.write(`${JSON.stringify({ ...rest, id, op: operation, on })}\n`);
    });
    if (reply.error !== undefined) throw new ClientError(reply.error);
    return reply.ok;
  };
  return {
    call: (operation, rest, on = connection) =>
      ask(operation, on, rest) as Promise<Operations[typeof operation]['answer']>,
    version: async () => String(await ask('version', connection, {})),
    kill: (signal) => void child.kill(signal),
  };
}

/** A reply; anything else that a client prints to standard output is not for us. */
function parse(line: string): Reply | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const value = JSON.parse(line) as Partial<Reply>;
    return typeof value.id === 'number' ? { ...value, id: value.id } : undefined;
  } catch {
    return undefined;
  }
}

import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, type TestCloud } from '@weirhouse/testing-harness';

/** How long one command may take, in milliseconds. */
const COMMAND_MAX_MS = 120_000;

/** How a command ended, and all it printed. */
export interface Ran {
  readonly code: number;
  readonly out: string;
}

/** A command that runs. */
export interface Running {
  readonly child: ChildProcess;
  /** What it has printed so far. */
  output(): string;
  readonly ended: Promise<Ran>;
}

/** Starts a program; `input` is what it reads. A signal that ended it is the code -1. */
export function start(
  command: string,
  args: readonly string[],
  { env = {}, input = '' }: { readonly env?: object; readonly input?: string } = {},
): Running {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    timeout: COMMAND_MAX_MS,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let out = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (out += text));
  // What was refused ends without reading; its exit says so.
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const ended = new Promise<Ran>((resolve) => {
    child.on('close', (code) => resolve({ code: code ?? -1, out }));
  });
  return { child, output: () => out, ended };
}

/** A key with its secret, as the API and the secrets file hand it out. */
export interface Login {
  readonly key: string;
  readonly secret: string;
}

/** The key of the first user, which opens all of REST. */
export function globalLogin({ quickstart }: TestCloud): Login {
  return { key: quickstart.globalApiKey, secret: quickstart.globalApiSecret };
}

/** Starts the built weir command against a cloud. */
export function startWeir(
  { cloud, login }: { readonly cloud: TestCloud; readonly login: Login },
  args: readonly string[],
): Running {
  return start(process.execPath, [join(checkout, 'apps/weir/dist/main.js'), ...args], {
    env: {
      WEIRHOUSE_URL: cloud.quickstart.apiUrl,
      WEIRHOUSE_API_KEY: login.key,
      WEIRHOUSE_API_SECRET: login.secret,
    },
  });
}

/** Every key that a secrets file holds, by address: of two of one address the later. */
export function readSecrets(path: string): ReadonlyMap<string, Login> {
  const lines = readFileSync(path, 'utf8').split('\n');
  return new Map(
    lines
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [address = '', key = '', secret = ''] = line.split('\t');
        return [address, { key, secret }];
      }),
  );
}

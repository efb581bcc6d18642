import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, Secret } from '@weirhouse/shared-kernel';

export const USAGE = `weir plan    -f FILE             show what FILE would change
weir apply   -f FILE             do it, after asking
weir destroy -f FILE             delete what FILE made, after asking
weir export  -f FILE [--name N]  write what is there into FILE (- = print it)

  --auto-approve      do not ask; needed where nobody can answer
  --secrets FILE      keep the secrets of new API keys there, for your eyes only
  --url URL           address of the API (WEIRHOUSE_URL)
  --key ID            API key (WEIRHOUSE_API_KEY), its secret in WEIRHOUSE_API_SECRET;
                      topics and ACLs need a Global key
  --quickstart FILE   take address and key from what the first start wrote
                      (the default: quickstart.json in WEIRHOUSE_HOME or .weirhouse)

Exit codes: 0 done, or nothing to do; 1 something failed, and what was done is said; 2 the file or
the command is wrong, and nothing was done; 3 refused: protected, or not approved; with plan, 4 =
there are changes.
`;

export const VERBS = ['plan', 'apply', 'destroy', 'export'] as const;

/** What was asked for. */
export interface WeirOptions {
  readonly verb: (typeof VERBS)[number];
  readonly file: string;
  readonly name: string;
  readonly approved: boolean;
  readonly secretsFile: string | undefined;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly apiSecret: Secret;
}

/** Reads flags and environment. Throws `invalid_argument` that names the flag. */
export function readOptions(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): WeirOptions {
  const { positionals, values } = parsed(args);
  const verb = VERBS.find((known) => known === positionals[0]);
  if (verb === undefined || positionals.length !== 1)
    throw wrong(`Say one of ${VERBS.join(', ')}.`);
  if (values.file === undefined) throw wrong('Name the file with -f FILE.');
  return {
    verb,
    file: values.file,
    name: values.name ?? 'all',
    approved: values['auto-approve'] ?? false,
    secretsFile: values.secrets,
    ...accessOf(values, env),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        file: { type: 'string', short: 'f' },
        name: { type: 'string' },
        'auto-approve': { type: 'boolean' },
        secrets: { type: 'string' },
        url: { type: 'string' },
        key: { type: 'string' },
        quickstart: { type: 'string' },
      },
    });
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}

interface AccessFlags {
  readonly url?: string | undefined;
  readonly key?: string | undefined;
  readonly quickstart?: string | undefined;
}

function accessOf(
  flags: AccessFlags,
  env: Readonly<Record<string, string | undefined>>,
): Pick<WeirOptions, 'baseUrl' | 'apiKey' | 'apiSecret'> {
  const apiKey = flags.key ?? env['WEIRHOUSE_API_KEY'];
  const secret = env['WEIRHOUSE_API_SECRET'];
  const url = flags.url ?? env['WEIRHOUSE_URL'];
  if ((apiKey === undefined) !== (secret === undefined))
    throw wrong('A key and its secret go together: --key and WEIRHOUSE_API_SECRET.');
  const file =
    apiKey === undefined ? readQuickstart(flags.quickstart ?? quickstartPath(env)) : undefined;
  const baseUrl = url ?? file?.apiUrl;
  if (baseUrl === undefined) throw wrong('Say where the API is: --url URL.');
  return {
    baseUrl: baseUrl.replace(/\/+$/u, ''),
    apiKey: apiKey ?? file?.globalApiKey ?? file?.cloudApiKey ?? '',
    apiSecret: new Secret(secret ?? file?.globalApiSecret ?? file?.cloudApiSecret ?? ''),
  };
}

interface QuickstartAccess {
  readonly apiUrl?: string;
  readonly cloudApiKey?: string;
  readonly cloudApiSecret?: string;
  /** Absent in files of first starts that made none. */
  readonly globalApiKey?: string;
  readonly globalApiSecret?: string;
}

function quickstartPath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env['WEIRHOUSE_HOME'] ?? '.weirhouse', 'quickstart.json');
}

function readQuickstart(path: string): QuickstartAccess {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as QuickstartAccess;
  } catch {
    throw wrong(`${path} cannot be read: name a key with --key, or the file with --quickstart.`);
  }
}

function wrong(message: string): AppError {
  return new AppError('invalid_argument', message);
}

import { readFile, writeFile } from 'node:fs/promises';
import {
  applyConfiguration,
  CloudClient,
  readAndPlan,
  readEverything,
  type ApplyResult,
  type ApplyStep,
  type ConfigurationWish,
  type Pace,
  type PlannedConfiguration,
} from '@weirhouse/cloud-client';
import { exportText, formatFaults, parseWeirText, renderPlan } from '@weirhouse/cloud-plan';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import type { WeirOptions } from './options.ts';
import { SecretsFile } from './secrets-file.ts';

/** What the command needs of the process. */
export interface Terminal {
  readonly colours: boolean;
  /** Undefined where nobody can answer. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  print(text: string): void;
  readonly pace: Pace;
}

/** See USAGE. */
export const EXIT = { done: 0, failed: 1, wrong: 2, refused: 3, changes: 4 } as const;

/** Runs one command; answers its exit code. */
export async function runWeir(options: WeirOptions, terminal: Terminal): Promise<number> {
  const { apiKey, apiSecret, baseUrl, verb } = options;
  const client = new CloudClient({ baseUrl, apiKey, apiSecret });
  if (verb === 'export') return exportLive(client, options, terminal);
  const wish = await readWish(options);
  const planned = await readAndPlan(client, wish);
  const { plan } = planned;
  terminal.print(renderPlan(plan, terminal));
  if (plan.refusals.length > 0) return EXIT.refused;
  if (plan.changes.length === 0) return EXIT.done;
  if (verb === 'plan') return EXIT.changes;
  if (!(await isApproved(options, terminal))) return EXIT.refused;
  return apply(client, { options, terminal, planned });
}

async function readWish({ file, verb }: WeirOptions): Promise<ConfigurationWish> {
  const parsed = parseWeirText(await readFile(file, 'utf8'));
  if (!parsed.ok) throw new AppError('invalid_argument', formatFaults(parsed.faults, file));
  return { name: parsed.document.name, objects: parsed.objects, destroy: verb === 'destroy' };
}

async function isApproved({ approved }: WeirOptions, terminal: Terminal): Promise<boolean> {
  if (approved) return true;
  const { ask } = terminal;
  if (ask === undefined) {
    terminal.print('Nobody can be asked here: say --auto-approve.\n');
    return false;
  }
  return (await ask('Do this? Only "yes" does it: ')).trim() === 'yes';
}

async function apply(
  client: CloudClient,
  work: {
    readonly options: WeirOptions;
    readonly terminal: Terminal;
    readonly planned: PlannedConfiguration;
  },
): Promise<number> {
  const { options, planned, terminal } = work;
  const makesKeys = planned.plan.changes.some(
    ({ kind, verb }) => kind === 'api_key' && (verb === 'create' || verb === 'replace'),
  );
  if (makesKeys && options.secretsFile === undefined) {
    terminal.print('The plan makes API keys: say where their secrets go with --secrets FILE.\n');
    return EXIT.wrong;
  }
  const secrets =
    options.secretsFile === undefined ? undefined : await SecretsFile.open(options.secretsFile);
  const result = await applyConfiguration({
    ...planned,
    client,
    pace: terminal.pace,
    onStep: (step) => terminal.print(stepLine(step)),
    saveSecret: secrets === undefined ? undefined : (key) => secrets.add(key),
  });
  terminal.print(endText(result));
  return result.failed === undefined ? EXIT.done : EXIT.failed;
}

function stepLine({ address, message, state, verb }: ApplyStep): string {
  const detail = message === undefined ? '' : `: ${message}`;
  return `${address}: ${verb} ${state}${detail}\n`;
}

function endText({ done, failed, left }: ApplyResult): string {
  const counted = `${done.length} ${done.length === 1 ? 'change' : 'changes'} done`;
  if (failed === undefined) return `\nApplied: ${counted}.\n`;
  const rest = left.map(({ address, verb }) => `  not tried: ${verb} ${address}\n`).join('');
  return `\nStopped at ${failed.change.address}: ${counted}, ${left.length} not tried.\n${rest}Run the same command again: it goes on from here.\n`;
}

async function exportLive(
  client: CloudClient,
  { file, name }: WeirOptions,
  terminal: Terminal,
): Promise<number> {
  const { objects, remarks } = await readEverything(client, name);
  const text = exportText(name, objects, remarks);
  if (file === '-') terminal.print(text);
  else {
    // Never over a file that somebody wrote.
    await writeFile(file, text, { flag: 'wx' }).catch((error: unknown) => {
      throw new AppError('failed_precondition', `${file} cannot be written, or is there already.`, {
        cause: error,
      });
    });
  }
  return EXIT.done;
}

/** One sentence for whoever typed the command, and the exit code. */
export function failureOf(error: unknown): { readonly text: string; readonly code: number } {
  if (!isAppError(error)) {
    const text = error instanceof Error ? error.message : String(error);
    return { text, code: EXIT.wrong };
  }
  return {
    text: error.message,
    code: error.code === 'invalid_argument' ? EXIT.wrong : EXIT.failed,
  };
}

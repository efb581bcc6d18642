import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import {
  applyConfiguration,
  CloudClient,
  readAndPlan,
  readEverything,
  withHold,
  type ApplyResult,
  type ApplyStep,
  type ConfigurationWish,
  type HoldOptions,
  type Pace,
  type PlannedConfiguration,
} from '@weirhouse/cloud-client';
import {
  exportText,
  formatFaults,
  parseWeirText,
  renderPlan,
  summaryLine,
  type ConfigurationPlan,
} from '@weirhouse/cloud-plan';
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
  const plan = async (): Promise<PlannedConfiguration> => readAndPlan(client, wish);
  let agreed: ConfigurationPlan | undefined;
  if (verb === 'plan' || !options.approved) {
    agreed = (await plan()).plan;
    const ended = show(agreed, terminal);
    if (ended !== undefined) return ended;
    if (verb === 'plan') return EXIT.changes;
    if (!(await isApproved(terminal))) return EXIT.refused;
  }
  return withHold(holdOptions(client, wish, terminal), async ({ holder }) => {
    const planned = await plan();
    const ended = agreed === undefined ? show(planned.plan, terminal) : undefined;
    if (ended !== undefined) return ended;
    if (agreed !== undefined && JSON.stringify(agreed) !== JSON.stringify(planned.plan)) {
      terminal.print(`This is no longer what it takes, now it is: ${summaryLine(planned.plan)}\n`);
      terminal.print('Nothing was done: run the same command again.\n');
      return EXIT.refused;
    }
    return apply(client, { options, terminal, planned, holder });
  });
}

function holdOptions(
  client: CloudClient,
  wish: ConfigurationWish,
  terminal: Terminal,
): HoldOptions {
  const onWait = (message: string): void => terminal.print(`Waiting: ${message}\n`);
  const { pace } = terminal;
  return { client, pace, wish, holder: randomUUID(), onWait };
}

/** Prints a plan; answers the exit code when there is nothing to be done. */
function show(plan: ConfigurationPlan, terminal: Terminal): number | undefined {
  terminal.print(renderPlan(plan, terminal));
  if (plan.refusals.length > 0) return EXIT.refused;
  return plan.changes.length === 0 ? EXIT.done : undefined;
}

async function readWish({ file, verb }: WeirOptions): Promise<ConfigurationWish> {
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    throw new AppError('invalid_argument', `${file} cannot be read (${cause.code}): see -f.`, {
      cause,
    });
  });
  const parsed = parseWeirText(text);
  if (!parsed.ok) throw new AppError('invalid_argument', formatFaults(parsed.faults, file));
  const { name, within } = parsed.document;
  const { objects, requires } = parsed;
  return { name, within, objects, requires, destroy: verb === 'destroy' };
}

async function isApproved(terminal: Terminal): Promise<boolean> {
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
    readonly holder: string;
  },
): Promise<number> {
  const { holder, options, planned, terminal } = work;
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
    holder,
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

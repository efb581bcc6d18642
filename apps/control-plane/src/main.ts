import { isAppError } from '@weirhouse/shared-kernel';
import { readCommand, type Command, type Config } from './config.ts';

/** Exit codes: 0 clean, 2 refused to start, 1 anything else. */
const EXIT_REFUSED = 2;
const EXIT_FAILED = 1;

try {
  const command = readCommand(process.argv.slice(2), process.env);
  switch (command.kind) {
    case 'serve':
      await (await import('./serve.ts')).serve(command.config, process.env);
      break;
    case 'rotate-master-key':
      await rotate(command.config);
      break;
    case 'set-quota': {
      const { parseQuotaSetting, setQuota } = await import('./service-quotas/set-quota.ts');
      await setQuota(command.config, parseQuotaSetting(command.setting));
      break;
    }
    case 'reset-password':
      await reset(command.config, command.whom);
      break;
    case 'backup':
    case 'restore':
      await saveOrRestore(command);
      break;
    case 'prepare':
      await prepare();
      break;
    case 'print-openapi':
      await printOpenApi();
      break;
    case 'print-config-docs':
      await printConfigDocs();
      break;
  }
} catch (error) {
  refuse(error);
}

/** Seals everything with a new master key. */
async function rotate(config: Config): Promise<void> {
  const { rotateMasterKey } = await import('./rotate-master-key.ts');
  const { changed, kept } = await rotateMasterKey(config);
  process.stdout.write(
    `The master key is rotated: ${changed} secrets sealed anew, ${kept} were already.\n`,
  );
}

/** Whoever uses the token needs the server to run again. */
async function reset(config: Config, whom: string): Promise<void> {
  const { resetPassword } = await import('./sessions/reset-password.ts');
  const { endMs, token } = await resetPassword(config, whom);
  process.stdout.write(
    `Good once, until ${new Date(endMs).toISOString()}, as "token" with a "new_password" for POST /v1/password-resets:\n${token}\n`,
  );
}

async function saveOrRestore({
  kind,
  config,
  file,
}: Extract<Command, { readonly kind: 'backup' | 'restore' }>): Promise<void> {
  const { backUp, restore } = await import('./backup/backup.ts');
  if (kind === 'backup') await backUp(config, file);
  else await restore(config, file);
  process.stdout.write(
    kind === 'backup'
      ? `The database is in ${file}. Keep the master key too, in another place: without it the secrets in there are lost.\n`
      : `The database holds what ${file} held.\n`,
  );
}

/** The last step of the build: the first start then takes a second instead of five. */
async function prepare(): Promise<void> {
  const { MIGRATIONS_FOLDER, readMigrations } = await import('./database/migrations.ts');
  const { ensureTemplate } = await import('./database/template.ts');
  await ensureTemplate(await readMigrations(MIGRATIONS_FOLDER));
}

async function printOpenApi(): Promise<void> {
  const { describeApi } = await import('./health/describe-api.ts');
  process.stdout.write(`${JSON.stringify(describeApi(), undefined, 2)}\n`);
}

async function printConfigDocs(): Promise<void> {
  const { configDocs } = await import('@weirhouse/shared-config');
  const { ConfigSchema } = await import('./config.ts');
  process.stdout.write(configDocs('Settings of the control plane', ConfigSchema));
}

/** One sentence for a person; the stack only for what is a bug. */
function refuse(error: unknown): void {
  const isExpected = isAppError(error) && error.code !== 'internal';
  const text = isExpected
    ? error.message
    : error instanceof Error
      ? (error.stack ?? error.message)
      : String(error);
  process.stderr.write(`weirhouse: ${text}\n`);
  process.exitCode = isExpected ? EXIT_REFUSED : EXIT_FAILED;
  // Nothing is left open on purpose; what a failed start left open must not keep the process.
  process.exit();
}

// The broker process: command line to configuration, start, signals, exit codes.
import {
  parseFlags,
  readConfigFile,
  configDocs,
  type ConfigSource,
} from '@weirhouse/shared-config';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { startBrokerProcess, type RunningBroker } from './broker-process.ts';
import { brokerConfigSchema, loadBrokerConfig } from './config.ts';
import { metricsDocs } from './metrics-docs.ts';

/** Disk writes, cold reads and password checks share libuv's pool; 4 threads would let one kind starve another. */
process.env['UV_THREADPOOL_SIZE'] ??= '8';

/** What the process's end means to whoever started it. */
const EXIT = { clean: 0, other: 1, configuration: 2, folderInUse: 3, storage: 4 } as const;

const FLAGS = {
  dir: { kind: 'value', description: 'data folder' },
  listen: { kind: 'value', description: 'host:port of a plaintext listener on loopback' },
  config: { kind: 'value', description: 'file with further settings, JSON or .properties' },
  'print-config-docs': { kind: 'switch', description: 'prints the reference of all settings' },
  'print-metrics-docs': { kind: 'switch', description: 'prints the reference of all metrics' },
  help: { kind: 'switch', description: 'prints this' },
} as const;

function usage(): string {
  const lines = Object.entries(FLAGS).map(
    ([name, { kind, description }]) =>
      `  --${name}${kind === 'value' ? ' VALUE' : ''}`.padEnd(24) + description,
  );
  return `Usage: broker --dir DIR [--listen HOST:PORT] [--config FILE]\n\n${lines.join('\n')}\n`;
}

/**
 * Settings of a broker that was started by hand: whoever is on this machine may do anything. As a super user,
 * not by an open default, which the first ACL that somebody tries out would end for good.
 */
function sourcesOf(flags: Record<string, string | true>): ConfigSource[] {
  const sources: ConfigSource[] = [];
  if (flags['listen'] !== undefined)
    sources.push({
      name: '--listen',
      values: {
        listeners: `PLAINTEXT://${String(flags['listen'])}`,
        'super.users': 'User:ANONYMOUS',
        'auto.create.topics.enable': true,
      },
    });
  if (flags['config'] !== undefined) sources.push(readConfigFile(String(flags['config'])));
  if (flags['dir'] !== undefined)
    sources.push({ name: '--dir', values: { 'log.dir': flags['dir'] } });
  return sources;
}

async function run(): Promise<void> {
  const flags = parseFlags(process.argv.slice(2), FLAGS);
  if (flags['help'] === true) return void process.stdout.write(usage());
  if (flags['print-config-docs'] === true)
    return void process.stdout.write(configDocs('Broker configuration', brokerConfigSchema));
  if (flags['print-metrics-docs'] === true) return void process.stdout.write(metricsDocs());
  const broker = await startBrokerProcess(loadBrokerConfig(sourcesOf(flags)), (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT.storage);
  });
  stopOnSignals(broker);
  process.stdout.write(
    `Weirhouse broker is ready: ${broker.addresses.join(', ')} cluster ${broker.clusterId} admin ${broker.adminUrl}\n`,
  );
}

function stopOnSignals(broker: RunningBroker): void {
  let stopping = false;
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.on(signal, () => {
      if (stopping) return broker.cut();
      stopping = true;
      broker.stop().then(
        () => process.exit(EXIT.clean),
        (error: unknown) => fail(error),
      );
    });
}

function exitCodeOf(error: unknown): number {
  if (!isAppError(error)) return EXIT.other;
  if (error.code === 'storage' || error.code === 'corrupt') return EXIT.storage;
  if (error.code === 'failed_precondition' && error.field === 'log.dir') return EXIT.folderInUse;
  if (error.code === 'invalid_argument' || error.code === 'failed_precondition')
    return EXIT.configuration;
  return EXIT.other;
}

function fail(error: unknown): never {
  const message =
    error instanceof AppError
      ? error.message
      : error instanceof Error
        ? error.stack
        : String(error);
  process.stderr.write(`${message}\n`);
  process.exit(exitCodeOf(error));
}

process.on('uncaughtException', fail);
void run().catch(fail);

import { spawn, type ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import { PLATFORM_SETTINGS } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { BrokerSpec } from '../provisioner.ts';
import { isMissing, storageError, writeJson, type BrokerFiles } from './layout.ts';

/** How the broker program is run: `command ...args --config <file>`. */
export interface BrokerProgram {
  readonly command: string;
  readonly args: readonly string[];
  /** The control plane's environment, of which a broker gets the few harmless names. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** A log above this size is moved aside to `.1`, which replaces the one before. */
export const LOG_BYTES_MAX = 16 * 1024 * 1024;

/** All that a broker may inherit: nothing of the control plane's own settings or secrets. */
const ENVIRONMENT_KEPT = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'NODE_ENV'];

/** Writes the configuration, the limits and the credential file; all are readable by the owner only. */
export function writeBrokerFiles(files: BrokerFiles, spec: BrokerSpec): void {
  const { host, clientPort, adminPort } = spec.ports;
  writeJson(files.credentials, {
    users: [{ name: spec.controlUser.name, password: spec.controlUser.password.reveal() }],
  });
  writeJson(files.limits, spec.limits);
  writeJson(files.config, {
    'node.id': spec.nodeId,
    'cluster.id': spec.clusterId,
    listeners: `SASL_PLAINTEXT://${host}:${clientPort}`,
    'admin.listener': `${host}:${adminPort}`,
    'log.dir': files.data,
    'super.users': `User:${spec.controlUser.name}`,
    'bootstrap.credentials.file': files.credentials,
    'auto.create.topics.enable': false,
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    'run.file': files.run,
    'broker.rack': spec.zone,
    'limits.file': files.limits,
    'reserved.settings': PLATFORM_SETTINGS.join(','),
  });
}

/**
 * Starts the broker in its own process group, with its output in the log file, so that neither the
 * end of the control plane nor a Ctrl-C in its terminal reaches it. Throws `internal` when the
 * program cannot be run at all.
 */
export function launchBroker(program: BrokerProgram, files: BrokerFiles): ChildProcess {
  boundLog(files);
  const log = openLog(files.log);
  try {
    const child = spawn(program.command, [...program.args, '--config', files.config], {
      detached: true,
      cwd: files.folder,
      stdio: ['ignore', log, log],
      env: Object.fromEntries(
        ENVIRONMENT_KEPT.map((name) => [name, program.environment[name]]).filter(
          ([, value]) => value,
        ),
      ),
    });
    // Without a listener a failed spawn would end the control plane; the missing pid tells of it.
    child.on('error', () => undefined);
    if (child.pid === undefined)
      throw new AppError('internal', 'the broker program could not be started', {
        detail: program.command,
      });
    child.unref();
    return child;
  } finally {
    fs.closeSync(log);
  }
}

/** Moves a log that grew too big aside. The broker appends, so it goes on at the start of the file. */
export function boundLog(files: BrokerFiles): void {
  try {
    if (fs.statSync(files.log).size <= LOG_BYTES_MAX) return;
    fs.copyFileSync(files.log, `${files.log}.1`);
    fs.truncateSync(files.log);
  } catch (error) {
    if (!isMissing(error)) throw storageError(files.log, error);
  }
}

function openLog(file: string): number {
  try {
    return fs.openSync(file, 'a', 0o600);
  } catch (error) {
    throw storageError(file, error);
  }
}

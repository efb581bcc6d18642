import fs from 'node:fs';
import path from 'node:path';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { BrokerRef } from '../provisioner.ts';

/** Only the owner may read what the platform writes: the files hold passwords and records. */
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** The files of one broker; all lie below its folder. */
export interface BrokerFiles {
  readonly folder: string;
  readonly config: string;
  readonly credentials: string;
  /** What the broker may be used for; it looks at the file while it serves. */
  readonly limits: string;
  readonly data: string;
  readonly log: string;
  /** Written by the broker when it is ready. */
  readonly run: string;
  /** Written by the provisioner: which process it started, and how earlier ones ended. */
  readonly process: string;
}

/** Paths of a broker's files. Refuses ids that could lead out of the state folder. */
export function brokerFiles(stateFolder: string, { clusterId, nodeId }: BrokerRef): BrokerFiles {
  assert(Number.isSafeInteger(nodeId) && nodeId >= 0, `not a node id: ${nodeId}`);
  const folder = path.join(clusterFolder(stateFolder, clusterId), String(nodeId));
  return {
    folder,
    config: path.join(folder, 'broker.json'),
    credentials: path.join(folder, 'credentials.json'),
    limits: path.join(folder, 'limits.json'),
    data: path.join(folder, 'data'),
    log: path.join(folder, 'broker.log'),
    run: path.join(folder, 'run.json'),
    process: path.join(folder, 'process.json'),
  };
}

/** The folder of a cluster's brokers. */
export function clusterFolder(stateFolder: string, clusterId: string): string {
  assert(/^lkc-[a-z0-9]{1,32}$/.test(clusterId), `not a cluster id: ${clusterId}`);
  return path.join(stateFolder, 'clusters', clusterId);
}

/** Ids of the brokers that have a folder; empty when the cluster has none. */
export function listNodeIds(stateFolder: string, clusterId: string): readonly number[] {
  return listFolder(clusterFolder(stateFolder, clusterId))
    .filter((name) => /^\d{1,9}$/.test(name))
    .map(Number)
    .toSorted((a, b) => a - b);
}

/** Ids of the clusters that have a folder. */
export function listClusterIds(stateFolder: string): readonly string[] {
  return listFolder(path.join(stateFolder, 'clusters')).filter((name) =>
    /^lkc-[a-z0-9]+$/.test(name),
  );
}

function listFolder(folder: string): readonly string[] {
  try {
    return fs.readdirSync(folder);
  } catch (error) {
    if (isMissing(error)) return [];
    throw storageError(folder, error);
  }
}

/** Makes a folder and its parents, readable by the owner only. */
export function makeFolder(folder: string): void {
  try {
    fs.mkdirSync(folder, { recursive: true, mode: FOLDER_MODE });
  } catch (error) {
    throw storageError(folder, error);
  }
}

/** Replaces a JSON file as a whole: a reader sees the old or the new one, never half of it. */
export function writeJson(file: string, value: unknown): void {
  const draft = `${file}.draft`;
  try {
    fs.writeFileSync(draft, `${JSON.stringify(value, undefined, 2)}\n`, { mode: FILE_MODE });
    fs.renameSync(draft, file);
  } catch (error) {
    throw storageError(file, error);
  }
}

/** The parsed file, or undefined when it is missing or not JSON (torn by a power cut). */
export function readJson(file: string): unknown {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw storageError(file, error);
  }
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** True for the error of a file or folder that does not exist. */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

/** Names the path in the log only: a tenant must not learn where the state folder is. */
export function storageError(file: string, cause: unknown): AppError<'storage'> {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new AppError('storage', `${path.basename(file)} of a broker cannot be used`, {
    detail: `${file}: ${reason}`,
    cause,
  });
}

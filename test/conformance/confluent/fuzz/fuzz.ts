// Runs schemathesis, which makes requests out of the API's own description and holds the answers against it.
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  startCloud,
  startProcess,
  startTokenIssuer,
  temporaryFolder,
} from '@weirhouse/testing-harness';
import type { Quickstart } from '@weirhouse/testing-harness';
import { pythonPackages } from '../../matrix/programs.ts';
import { startGroup } from '../consumer-group.ts';
import { makeFuzzWorld, type Ask } from './world.ts';

const BROKER_PORTS = '31560-31589';
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
];
/** The longest that an answer may take, in seconds. */
const ANSWER_MAX_S = 30;
/** How long schemathesis may go on after its time, in milliseconds: it ends what it is at. */
const REST_MAX_MS = 240_000;

/** A few requests for each operation, or everything schemathesis knows, again and again. */
export type FuzzLength =
  | { readonly kind: 'short'; readonly examples: number }
  | { readonly kind: 'long'; readonly seconds: number };

/** What a run found. */
export interface FuzzResult {
  /** What schemathesis printed: among it the requests that were answered wrongly. */
  readonly output: string;
  readonly isClean: boolean;
  /** How often each operation answered with each status. */
  readonly statuses: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Python with schemathesis. */
export const schemathesis = pythonPackages(
  'schemathesis',
  join(import.meta.dirname, 'requirements.txt'),
);

/** Starts a cloud of its own and attacks its API; a seed makes its requests again. */
export async function fuzzApi(length: FuzzLength, seed: number): Promise<FuzzResult> {
  const { command } = await schemathesis.prepare();
  const folder = temporaryFolder('api-fuzz');
  const issuer = await startTokenIssuer();
  const cloud = await startCloud({
    home: join(folder.path, 'state'),
    brokerPorts: BROKER_PORTS,
    env: { WEIRHOUSE_REQUESTS_PER_SECOND: '100000', WEIRHOUSE_ISSUER_NETWORKS: 'any' },
  });
  try {
    const { quickstart } = cloud;
    const ask = asker(quickstart);
    const group = await startGroup(quickstart);
    const world = await makeFuzzWorld(quickstart, { ask, seed, issuer, group });
    writeFileSync(join(folder.path, WORLD), JSON.stringify(world));
    const { apiUrl } = quickstart;
    const result = await attack(join(dirname(command), 'st'), {
      apiUrl,
      folder: folder.path,
      length,
      seed,
    });
    // Who asked still may, or the answers were refusals.
    await ask('GET', '/org/v2/environments', { authorization: world.authorization['cloud-key'] });
    await group.leave();
    return result;
  } finally {
    issuer.close();
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  }
}

const WORLD = 'world.json';
const STATUSES = 'statuses.json';
const SETTINGS = 'schemathesis.toml';

interface Attack {
  readonly apiUrl: string;
  /** Of the run's own files. */
  readonly folder: string;
  readonly length: FuzzLength;
  readonly seed: number;
}

async function attack(
  command: string,
  { apiUrl, folder, length, seed }: Attack,
): Promise<FuzzResult> {
  writeFileSync(
    join(folder, SETTINGS),
    '[phases.coverage]\ngenerate-duplicate-query-parameters = true\n',
  );
  const extent =
    length.kind === 'short'
      ? ['--phases', 'fuzzing', '--max-examples', String(length.examples)]
      : ['--phases', 'coverage,fuzzing,stateful', '--max-time', String(length.seconds)];
  const config = join(folder, SETTINGS);
  const where = ['--no-color', '--config-file', config, 'run', `${apiUrl}/openapi.json`];
  const what = [
    `--url=${apiUrl}`,
    `--checks=${CHECKS.join(',')}`,
    `--seed=${seed}`,
    `--request-timeout=${ANSWER_MAX_S}`,
    '--continue-on-failure',
    '--warnings=off',
    '--suppress-health-check=all',
  ];
  const run = startProcess({
    command,
    args: [...where, ...what, ...extent],
    cwd: folder,
    env: {
      SCHEMATHESIS_HOOKS: 'hooks',
      PYTHONPATH: import.meta.dirname,
      PYTHONDONTWRITEBYTECODE: '1',
      WEIRHOUSE_API_FUZZ: join(folder, WORLD),
      WEIRHOUSE_API_FUZZ_STATUSES: join(folder, STATUSES),
    },
  });
  const seconds = length.kind === 'short' ? 0 : length.seconds;
  try {
    const { code } = await run.exited(seconds * 1_000 + REST_MAX_MS);
    const statuses = JSON.parse(
      readFileSync(join(folder, STATUSES), 'utf8'),
    ) as FuzzResult['statuses'];
    return { output: run.output(), isClean: code === 0, statuses };
  } finally {
    run.kill('SIGKILL');
  }
}

function asker({ apiUrl, cloudApiKey, cloudApiSecret }: Quickstart): Ask {
  const own = `Basic ${Buffer.from(`${cloudApiKey}:${cloudApiSecret}`).toString('base64')}`;
  return async (method, path, { authorization = own, body } = {}) => {
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as Awaited<ReturnType<Ask>>;
  };
}

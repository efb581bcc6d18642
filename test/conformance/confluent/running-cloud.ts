// A control plane with a broker of its own, for the specs of one file.
import {
  startCloud,
  temporaryFolder,
  waitFor,
  type Quickstart,
  type TestCloud,
} from '@weirhouse/testing-harness';
import { afterAll, beforeAll, expect } from 'vitest';
import type { Answer } from './check-answer.ts';
import { contractClient, type Call, type ContractClient } from './contract-client.ts';

/** Where the brokers of these specs listen: files run one after the other. */
export const BROKER_PORTS = '31510-31559';
/** Starting a broker takes a second; on a busy machine much longer. */
export const CLUSTER_MAX_MS = 120_000;

/** What clients wait for takes seconds; on a busy machine some more. */
const WAIT_MAX_MS = 30_000;

/** What objects of the control plane have in common. */
export interface Thing {
  readonly id: string;
  readonly kind: string;
  readonly metadata: { readonly self: string; readonly resource_name?: string };
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly status?: { readonly phase: string; readonly cku?: number };
}

export interface List {
  readonly metadata: { readonly next?: string; readonly total_size?: number };
  readonly data: readonly Thing[];
}

export interface ClusterPlace {
  readonly id: string;
  readonly environmentId: string;
}

/** What specs do with the running server; nothing of it before the first spec runs. */
export interface RunningCloud extends ContractClient {
  readonly quickstart: () => Quickstart;
  /** With the first cluster's key; `path` is below the cluster. */
  readonly kafka: Call;
  /** Creates an object and answers it; fails the test when the server does not. */
  readonly make: (url: string, body: object) => Promise<Thing>;
  /** A key of a new service account; without a resource a Cloud key. */
  readonly makeKey: (resource?: object) => Promise<ApiKey>;
  /** A new cluster, as soon as it is there. */
  readonly makeCluster: (environmentId: string, changes?: object) => Promise<Thing>;
  /** Asks for a cluster until it is as wanted; only PROVISIONING and PROVISIONED may be seen. */
  readonly awaitCluster: (
    place: ClusterPlace,
    isWanted: (cluster: Thing) => boolean,
  ) => Promise<Thing>;
}

export interface ApiKey {
  readonly id: string;
  readonly secret: string;
  readonly owner: string;
}

/** Starts a cloud before the specs of a file and ends it after them. */
export function useCloud(env: Readonly<Record<string, string>> = {}): RunningCloud {
  const folder = temporaryFolder('contract');
  let cloud: TestCloud | undefined;
  beforeAll(async () => {
    cloud = await startCloud({ home: `${folder.path}/state`, brokerPorts: BROKER_PORTS, env });
  }, CLUSTER_MAX_MS);
  afterAll(async () => {
    cloud?.kill('SIGTERM');
    await cloud?.exited();
    folder.remove();
  });
  return runningCloud(() => {
    if (cloud === undefined) throw new Error('the cloud has not started');
    return cloud.quickstart;
  });
}

/** The body that asks for a cluster of kind Basic. */
export function clusterBody(environmentId: string, changes: object = {}): object {
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  const environment = { id: environmentId };
  const config = { kind: 'Basic' };
  return { spec: { display_name: 'contract', ...place, config, environment, ...changes } };
}

export function thing(answer: Answer): Thing {
  return answer.body as Thing;
}

export function list(answer: Answer): List {
  return answer.body as List;
}

/** What people are told of a failure, in any dialect. */
export function detailOf({ body }: Answer): string {
  const said = body as {
    readonly errors?: readonly { readonly detail: string }[];
    readonly message?: string;
    readonly error_description?: string;
  };
  return said.errors?.[0]?.detail ?? said.message ?? said.error_description ?? '';
}

function runningCloud(quickstart: () => Quickstart): RunningCloud {
  const client = contractClient(quickstart);
  const { call } = client;
  const make: RunningCloud['make'] = async (url, body) => {
    const made = await call('POST', url, { body });
    expect([200, 201, 202], `POST ${url}: ${detailOf(made)}`).toContain(made.status);
    return thing(made);
  };
  const awaitCluster: RunningCloud['awaitCluster'] = (place, isWanted) =>
    waitFor(
      `cluster ${place.id}`,
      async () => {
        const read = await call('GET', clusterUrl(place));
        expect(read.status).toBe(200);
        expect(['PROVISIONING', 'PROVISIONED']).toContain(thing(read).status?.phase);
        return isWanted(thing(read)) ? thing(read) : undefined;
      },
      WAIT_MAX_MS,
    );
  return {
    ...client,
    quickstart,
    kafka(method, path, options) {
      const { clusterId, clusterApiKey: id, clusterApiSecret: secret } = quickstart();
      const url = `/kafka/v3/clusters/${clusterId}${path}`;
      return call(method, url, { credential: { id, secret }, ...options });
    },
    make,
    makeKey: keyMaker(make),
    async makeCluster(environmentId, changes = {}) {
      const made = await make('/cmk/v2/clusters', clusterBody(environmentId, changes));
      return awaitCluster({ id: made.id, environmentId }, isProvisioned);
    },
    awaitCluster,
  };
}

function keyMaker(make: RunningCloud['make']): RunningCloud['makeKey'] {
  let keys = 0;
  return async (resource) => {
    keys++;
    const account = await make('/iam/v2/service-accounts', { display_name: `key ${keys}` });
    const owner = { id: account.id, kind: 'ServiceAccount' };
    const spec = { display_name: '', description: '', owner, ...(resource && { resource }) };
    const made = await make('/iam/v2/api-keys', { spec });
    return { id: made.id, secret: String(made.spec?.['secret']), owner: account.id };
  };
}

/** Where a cluster is read. */
export function clusterUrl({ id, environmentId }: ClusterPlace): string {
  return `/cmk/v2/clusters/${id}?environment=${environmentId}`;
}

export function isProvisioned({ status }: Thing): boolean {
  return status?.phase === 'PROVISIONED';
}

/** Asks until the answer has one of the statuses wanted; none but those and `meanwhile` may be seen. */
export async function awaitStatus(
  ask: () => Promise<Answer>,
  wanted: readonly number[],
  meanwhile: readonly number[],
): Promise<Answer> {
  return waitFor(
    `an answer of ${wanted.join(' or ')}`,
    async () => {
      const answer = await ask();
      expect([...wanted, ...meanwhile]).toContain(answer.status);
      return wanted.includes(answer.status) ? answer : undefined;
    },
    WAIT_MAX_MS,
  );
}

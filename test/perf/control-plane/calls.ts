import { Agent } from 'node:http';
import { send, type Call } from './http-load.ts';

/** What a seeded server says about itself. */
export interface SeededServer {
  readonly url: string;
  readonly keyId: string;
  readonly secret: string;
  readonly environmentId: string;
  readonly accountIds: readonly string[];
  readonly clusterIds: readonly string[];
  readonly clusterAdmins: readonly {
    readonly keyId: string;
    readonly secret: string;
    readonly clusterId: string;
  }[];
}

/** One row of the table: what is asked, again and again. */
export interface CallRow {
  readonly id: string;
  readonly next: () => Call;
}

/** Rows of a page when the last one is walked to; what is measured are pages of the usual size. */
const WALK_PAGE_SIZE = 100;

/** The rows of a server; deep pages are walked to before anything is measured. */
export async function callRows(server: SeededServer): Promise<readonly CallRow[]> {
  const authorization = basic(server.keyId, server.secret);
  const read = { method: 'GET', authorization, expectedStatus: 200 } as const;
  const environment = `environment=${server.environmentId}`;
  const clusters = `/cmk/v2/clusters?${environment}`;
  const keys = '/iam/v2/api-keys';
  const deepClusters = await lastPage(server, { ...read, path: clusters });
  const deepKeys = await lastPage(server, { ...read, path: keys });
  const clusterIds = inTurn(server.clusterIds);
  const keyClusters = inTurn(server.clusterIds);
  const admins = inTurn(server.clusterAdmins);
  const owners = inTurn(server.accountIds);
  return [
    { id: 'list clusters, first page', next: () => ({ ...read, path: clusters }) },
    { id: 'list clusters, last page', next: () => ({ ...read, path: deepClusters }) },
    { id: 'list keys, first page', next: () => ({ ...read, path: keys }) },
    { id: 'list keys, last page', next: () => ({ ...read, path: deepKeys }) },
    {
      id: 'get cluster',
      next: () => ({ ...read, path: `/cmk/v2/clusters/${clusterIds()}?${environment}` }),
    },
    {
      id: 'authorise',
      next: () => {
        const { keyId, secret, clusterId } = admins();
        const path = `/cmk/v2/clusters/${clusterId}?${environment}`;
        return { ...read, path, authorization: basic(keyId, secret) };
      },
    },
    {
      id: 'create key',
      next: () => ({
        method: 'POST',
        path: '/iam/v2/api-keys',
        authorization,
        expectedStatus: 202,
        body: JSON.stringify({
          spec: { owner: { id: owners() }, resource: { id: keyClusters() } },
        }),
      }),
    },
  ];
}

async function lastPage(server: SeededServer, first: Call): Promise<string> {
  const agent = new Agent({ keepAlive: true });
  let path = withParameter(first.path, 'page_size', String(WALK_PAGE_SIZE));
  for (;;) {
    const { metadata } = JSON.parse(await send(server.url, agent, { ...first, path })) as {
      readonly metadata: { readonly next?: string };
    };
    if (metadata.next === undefined) break;
    const { pathname, search } = new URL(metadata.next);
    path = `${pathname}${search}`;
  }
  agent.destroy();
  return withParameter(path, 'page_size', undefined);
}

function withParameter(path: string, name: string, value: string | undefined): string {
  const { pathname, searchParams } = new URL(path, 'http://host');
  searchParams.delete(name);
  if (value !== undefined) searchParams.append(name, value);
  return `${pathname}?${searchParams.toString()}`;
}

function inTurn<T>(items: readonly T[]): () => T {
  let next = 0;
  return () => items[next++ % items.length] as T;
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

import { routes } from '@weirhouse/cloud-contract';
import { Secret } from '@weirhouse/shared-kernel';
import { expect, test } from 'vitest';
import { CloudClient } from './cloud-client.ts';

interface Sent {
  readonly url: string;
  readonly init: RequestInit;
}

function clientAnswering(answers: readonly { status: number; body?: unknown }[]): {
  readonly client: CloudClient;
  readonly sent: Sent[];
} {
  const sent: Sent[] = [];
  const answer: typeof fetch = (url, init = {}) => {
    const next = answers[sent.length];
    sent.push({ url: new Request(url).url, init });
    if (next === undefined) return Promise.reject(new TypeError('fetch failed'));
    const text = next.body === undefined ? null : JSON.stringify(next.body);
    return Promise.resolve(new Response(text, { status: next.status }));
  };
  const client = new CloudClient({
    baseUrl: 'http://api',
    apiKey: 'KEY',
    apiSecret: new Secret('s:e'),
    fetch: answer,
  });
  return { client, sent };
}

function environment(id: string): object {
  const metadata = { self: `http://api/org/v2/environments/${id}` };
  return { api_version: 'org/v2', kind: 'Environment', id, metadata, display_name: id };
}

test('a call sends method, path, query, body and key, and parses the answer', async () => {
  const { client, sent } = clientAnswering([{ status: 200, body: environment('env-1') }]);
  const answer = await client.call(routes.updateEnvironment, {
    params: { id: 'env/1' },
    query: {},
    body: { display_name: 'new' },
  });
  expect(answer.display_name).toBe('env-1');
  expect(sent[0]?.url).toBe('http://api/org/v2/environments/env%2F1');
  expect(sent[0]?.init).toMatchObject({
    method: 'PATCH',
    headers: { authorization: `Basic ${Buffer.from('KEY:s:e').toString('base64')}` },
    body: '{"display_name":"new"}',
  });
});

test('pages follow next, relative or absolute, and keep the caller’s own filters', async () => {
  const page = (id: string, next?: string): { status: number; body: unknown } => ({
    status: 200,
    body: {
      api_version: 'iam/v2',
      kind: 'ServiceAccountList',
      metadata: next === undefined ? {} : { next },
      data: [],
      id,
    },
  });
  const { client, sent } = clientAnswering([
    page('1', '/iam/v2/service-accounts?page_token=a'),
    page('2', 'http://api/iam/v2/service-accounts?page_token=b&page_size=2'),
    page('3', ''),
  ]);
  const query = { page_size: 2, display_name: ['x', 'y'] };
  let pages = 0;
  for await (const _ of client.pages(routes.listServiceAccounts, { params: {}, query })) pages += 1;
  expect(pages).toBe(3);
  const filters = 'page_size=2&display_name=x&display_name=y';
  expect(sent.map(({ url }) => url.split('?')[1])).toEqual([
    filters,
    `${filters}&page_token=a`,
    `${filters}&page_token=b`,
  ]);
});

test('a failure tells its detail and its field; a taken name is told apart', async () => {
  const failure = (status: number, code: string): { status: number; body: unknown } => ({
    status,
    body: {
      errors: [
        { id: 'r', status: `${status}`, code, title: 't', detail: 'd', source: { pointer: '/x' } },
      ],
    },
  });
  const { client } = clientAnswering([
    failure(422, 'invalid_configuration'),
    failure(409, 'resource_already_exists'),
    failure(409, 'resource_conflict'),
    { status: 500 },
    { status: 200, body: {} },
  ]);
  const call = (): Promise<unknown> =>
    client.call(routes.getEnvironment, { params: { id: 'x' }, query: {} });
  await expect(call()).rejects.toMatchObject({
    code: 'invalid_argument',
    field: '/x',
    message: 'd',
  });
  await expect(call()).rejects.toMatchObject({ code: 'already_exists' });
  await expect(call()).rejects.toMatchObject({ code: 'failed_precondition' });
  await expect(call()).rejects.toMatchObject({ code: 'internal' });
  await expect(call()).rejects.toMatchObject({ code: 'internal' });
  await expect(call()).rejects.toMatchObject({ code: 'unavailable' });
});

test('an empty answer is undefined', async () => {
  const { client } = clientAnswering([{ status: 204 }]);
  const request = { params: { id: 'env-1' }, query: {} };
  expect(await client.call(routes.deleteEnvironment, request)).toBeUndefined();
});

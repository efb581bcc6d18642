import { routePath, routes, type Route } from '@weirhouse/cloud-contract';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { basic, createTenant, createTestApp, inject, type Tenant } from '../testing/test-app.ts';
import { newCluster } from '../testing/kafka-rest.ts';

const ROUTES: readonly Route[] = Object.values(routes).filter(({ api }) => api === 'kafka/v3');

let database: OpenDatabase;
let app: NestFastifyApplication;
let owner: Tenant;
let session: string;
let foreignSession: string;
let clusterId: string;
let clusterKey: string;
let otherClusterKey: string;

interface Created {
  readonly id: string;
  readonly spec: { readonly secret: string };
}

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  owner = await createTenant(app);
  const stranger = await createTenant(app);
  session = `Bearer ${await owner.signIn()}`;
  foreignSession = `Bearer ${await stranger.signIn()}`;
  const create = async (url: string, body: unknown): Promise<Created> =>
    (await owner.call('POST', url, body)).body as Created;
  const environment = await create('/org/v2/environments', { display_name: 'prod' });
  const account = await create('/iam/v2/service-accounts', { display_name: 'app' });
  const newKey = async (): Promise<readonly [string, string]> => {
    const cluster = await create('/cmk/v2/clusters', newCluster(environment.id));
    const spec = { owner: { id: account.id }, resource: { id: cluster.id } };
    const key = await create('/iam/v2/api-keys', { spec });
    return [cluster.id, basic(key.id, key.spec.secret)];
  };
  [clusterId, clusterKey] = await newKey();
  [, otherClusterKey] = await newKey();
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

/** A query that every route takes. */
const QUERY = '?resource_type=TOPIC&pattern_type=ANY&operation=ANY&permission=ANY';

function urlOf(route: Route, cluster_id: string): string {
  const names = { topic_name: 't', name: 'n', partition_id: '0' };
  return `${routePath(route, { ...names, cluster_id })}${QUERY}`;
}

/** A body that the route takes: the first of these that does. */
function bodyOf(route: Route): string | undefined {
  if (route.body === undefined) return undefined;
  const acl = {
    resource_type: 'TOPIC',
    resource_name: 't',
    pattern_type: 'LITERAL',
    principal: 'User:sa-1',
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
  };
  // A body of one setting needs nothing, so it would take the others too.
  const candidates = [{ value: '1' }, acl, { data: [] }, { data: [acl] }, { topic_name: 't' }];
  const taken = [...candidates, { partitions_count: 1 }].find(
    (body) => route.body?.safeParse(body).success,
  );
  return JSON.stringify(taken);
}

describe.each(ROUTES.map((route) => ({ name: route.name, route })))('$name', ({ route }) => {
  const payload = bodyOf(route);
  const send = (authorization: string | undefined, cluster = clusterId) =>
    inject(app, {
      method: route.method,
      url: urlOf(route, cluster),
      headers: {
        ...(authorization === undefined ? {} : { authorization }),
        ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(payload === undefined ? {} : { payload }),
    });

  it('opens for the cluster’s own keys and for sessions only', async () => {
    for (const authorization of [
      undefined,
      basic(owner.keyId, owner.secret),
      otherClusterKey,
      basic('AAAAAAAAAAAAAAAA', 'x'),
      'Bearer abc',
    ]) {
      const refused = await send(authorization);
      expect([refused.status, refused.body]).toMatchObject([401, { error_code: 40101 }]);
      expect(refused.headers['www-authenticate']).toContain('Basic');
    }
    for (const authorization of [clusterKey, session]) {
      // The cluster has no brokers yet.
      const answer = await send(authorization);
      expect([answer.status, answer.body]).toMatchObject([503, { error_code: 50301 }]);
    }
  });

  it('answers the same 404 for an unknown cluster and for another organization’s', async () => {
    const foreign = await send(foreignSession);
    const unknown = await send(session, 'lkc-unknown');
    for (const answer of [foreign, unknown])
      expect([answer.status, answer.body]).toMatchObject([404, { error_code: 40402 }]);
    const told = [foreign, unknown].map(({ body }) =>
      JSON.stringify(body).replace(clusterId, '').replace('lkc-unknown', ''),
    );
    expect(told[0]).toBe(told[1]);
  });

  it.skipIf(route.body === undefined || route.name === 'produceRecord')(
    'refuses bodies that make no sense',
    async () => {
      const post = async (type: string, text: string): Promise<number> => {
        const { status } = await inject(app, {
          method: route.method,
          url: urlOf(route, clusterId),
          headers: { authorization: clusterKey, 'content-type': type },
          payload: text,
        });
        return status;
      };
      expect(await post('application/json', '{"a":')).toBe(400);
      expect(await post('application/json', '[]')).toBe(400);
      expect(await post('application/json', '')).toBe(400);
      expect(await post('text/plain', '{}')).toBe(415);
      expect(await post('application/json', `"${'x'.repeat(300_000)}"`)).toBe(413);
    },
  );
});

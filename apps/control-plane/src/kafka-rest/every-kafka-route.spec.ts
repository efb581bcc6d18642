import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { kafkaRoutes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { KAFKA_EXAMPLES } from '../testing/kafka-examples.ts';
import { newCluster } from '../testing/kafka-rest.ts';
import { ask, makeWorld, unknownIds, type World } from '../testing/route-world.ts';
import { basic, createTestApp } from '../testing/test-app.ts';

type Key = keyof typeof kafkaRoutes;

/** Lists of clusters have no cluster of their own. */
const KEYS = (Object.keys(kafkaRoutes) as readonly Key[]).filter(
  (key) => key !== 'listKafkaClusters',
);

let database: OpenDatabase;
let app: NestFastifyApplication;
let own: World;
let foreign: World;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  own = await makeWorld(app);
  foreign = await makeWorld(app);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

describe.each(KEYS.map((key) => ({ key })))('$key', ({ key }) => {
  const send = (authorization: string | undefined, ids = own.ids) =>
    ask(app, key, { example: KAFKA_EXAMPLES[key](ids), authorization });

  it('opens for the cluster’s own keys and for sessions, and says so by numbers', async () => {
    const cloudKey = basic(own.tenant.keyId, own.tenant.secret);
    for (const authorization of [undefined, cloudKey, foreign.clusterKey]) {
      const refused = await send(authorization);
      expect([refused.status, refused.body]).toMatchObject([401, { error_code: 40101 }]);
    }
    for (const authorization of [own.clusterKey, own.session]) {
      // The cluster has no brokers yet.
      const answer = await send(authorization);
      expect([answer.status, answer.body]).toMatchObject([503, { error_code: 50301 }]);
    }
  });

  it('does not know clusters of others', async () => {
    for (const ids of [foreign.ids, unknownIds()]) {
      const answer = await send(own.session, ids);
      expect([answer.status, answer.body]).toMatchObject([404, { error_code: 40402 }]);
    }
  });
});

describe('the list of clusters', () => {
  const list = async (authorization: string) => {
    const answer = await ask(app, 'listKafkaClusters', { example: {}, authorization });
    expect(answer.status).toBe(200);
    const { data } = answer.body as { readonly data: readonly { readonly cluster_id: string }[] };
    return data.map(({ cluster_id }) => cluster_id);
  };

  it('holds the cluster that a key is for, and no other', async () => {
    await own.tenant.call('POST', '/cmk/v2/clusters', newCluster(own.ids.environmentId));
    expect(await list(own.clusterKey)).toEqual([own.ids.clusterId]);
    expect(await list(foreign.clusterKey)).toEqual([foreign.ids.clusterId]);
  });

  it('holds for a session the clusters that the user may see, and none of others', async () => {
    const all = await list(own.session);
    expect(all).toHaveLength(2);
    expect(all).toContain(own.ids.clusterId);
    expect(await list(foreign.session)).toEqual([foreign.ids.clusterId]);
  });
});

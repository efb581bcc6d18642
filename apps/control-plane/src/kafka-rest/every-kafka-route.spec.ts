import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { kafkaRoutes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { KAFKA_EXAMPLES } from '../testing/kafka-examples.ts';
import { ask, makeWorld, unknownIds, type World } from '../testing/route-world.ts';
import { basic, createTestApp } from '../testing/test-app.ts';

const KEYS = Object.keys(kafkaRoutes) as readonly (keyof typeof kafkaRoutes)[];

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

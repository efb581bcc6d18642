import { kafkaRoutes, type Route } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DenialLog } from '../audit/denial-log.ts';
import { KAFKA_EXAMPLES } from '../testing/kafka-examples.ts';
import { KAFKA_SETUP_MAX_MS, startKafkaRest, type KafkaRest } from '../testing/kafka-rest.ts';
import { ask, unknownIds } from '../testing/route-world.ts';
import { basic } from '../testing/test-app.ts';

type Key = keyof typeof kafkaRoutes;

/** The topic is there for the others. */
const FIRST: Key = 'createTopic';
const LAST: Key = 'deleteTopic';

const CHANGES = (Object.keys(kafkaRoutes) as readonly Key[]).filter((key) => {
  const route: Route = kafkaRoutes[key];
  // Records are data; of them only refusals are events.
  return route.auditType !== undefined && key !== 'produceRecord';
});
const IN_ORDER = [FIRST, ...CHANGES.filter((key) => key !== FIRST && key !== LAST), LAST];

let rest: KafkaRest;

beforeAll(async () => {
  rest = await startKafkaRest();
}, KAFKA_SETUP_MAX_MS);

afterAll(() => rest.stop());

test.each(IN_ORDER.map((key) => ({ key })))(
  '$key inside a cluster writes one event of its own type',
  async ({ key }) => {
    const { clusterId, database, owner } = rest;
    const example = KAFKA_EXAMPLES[key]({ ...unknownIds(), clusterId });
    const authorization = basic(owner.id, owner.secret);
    const answer = await ask(rest.app, key, { example, authorization });
    const rows = await database.prisma.auditRecord.findMany({
      where: { requestId: String(answer.headers['x-request-id']) },
    });
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expect(rows.map(({ action }) => action)).toEqual([kafkaRoutes[key].auditType]);
  },
);

test('a change that the cluster refuses is no event of success', async () => {
  const { clusterId, database } = rest;
  const stranger = await rest.newKey();
  const example = KAFKA_EXAMPLES.createTopic({ ...unknownIds(), clusterId });
  const authorization = basic(stranger.id, stranger.secret);
  const answer = await ask(rest.app, 'createTopic', { example, authorization });
  expect(answer.status).toBe(403);
  await rest.app.get(DenialLog).settle();
  const rows = await database.prisma.auditRecord.findMany({
    where: { requestId: String(answer.headers['x-request-id']) },
  });
  expect(rows.map(({ action, result }) => [action, result])).toEqual([
    ['kafka.CreateTopics', 'FORBIDDEN'],
  ]);
});

import { expect } from 'vitest';
import type { Connection } from '../operations.ts';
import { expectRefusal, expectValues, someRecords, valuesOf, type Scenarios } from '../scenario.ts';
import type { Stage } from '../stage.ts';

export const securityScenarios: Scenarios<
  | 'acls-denied'
  | 'sasl-plain'
  | 'sasl-scram-256'
  | 'sasl-scram-512'
  | 'sasl-oauthbearer'
  | 'sasl-wrong'
  | 'tls'
  | 'mtls'
> = {
  'acls-denied': async ({ client, checker, cluster, topic: newTopic, allowGuest }) => {
    const [open, closed] = [await newTopic(), await newTopic()];
    await allowGuest(open);
    await client.call('produce', { topic: open, records: someRecords(3) }, cluster.guest);
    await expectValues(checker, open, valuesOf(someRecords(3)));
    await expectRefusal(
      client.call('produce', { topic: closed, records: someRecords(3) }, cluster.guest),
      /authori[sz]|denied/i,
    );
    await expectValues(checker, closed, []);
  },
  'sasl-plain': (stage) => expectLogin(stage, stage.as({ mechanism: 'PLAIN' })),
  'sasl-scram-256': (stage) => expectLogin(stage, stage.as({ mechanism: 'SCRAM-SHA-256' })),
  'sasl-scram-512': (stage) => expectLogin(stage, stage.as({ mechanism: 'SCRAM-SHA-512' })),
  'sasl-oauthbearer': (stage) => expectLogin(stage, stage.cluster.bearer),
  'sasl-wrong': async ({ client, as, topic: newTopic }) => {
    const topic = await newTopic();
    await expectRefusal(
      client.call('read', { topic, count: 1 }, as({ mechanism: 'PLAIN', password: 'wrong' })),
      /auth|sasl/i,
    );
  },
  tls: (stage) => expectLogin(stage, stage.cluster.tls),
  mtls: (stage) => expectLogin(stage, stage.cluster.mtls),
};

/** Writes and reads as `on`. */
async function expectLogin(stage: Stage, on: Connection): Promise<void> {
  const topic = await stage.topic();
  const records = someRecords(3);
  await stage.client.call('produce', { topic, records }, on);
  const read = await stage.client.call('read', { topic, count: records.length }, on);
  expect(valuesOf(read.records).toSorted()).toEqual(valuesOf(records).toSorted());
  await expectValues(stage.checker, topic, valuesOf(records));
}

import { waitFor } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import { expectValues, someRecords, valuesOf, type Scenarios } from '../scenario.ts';

export const restartScenarios: Scenarios<'broker-restart'> = {
  'broker-restart': async ({ client, checker, cluster, topic: newTopic, name }) => {
    const [topic, group] = [await newTopic(2), name()];
    const [before, after] = [someRecords(20, 'before'), someRecords(20, 'after')];
    await client.call('member-start', {
      member: group,
      group,
      topics: [topic],
      protocol: 'classic',
      sessionTimeoutMs: 10_000,
    });
    const seen = async (count: number): Promise<readonly string[]> =>
      waitFor(
        `${count} values`,
        async () => {
          const values = new Set((await client.call('member-state', { member: group })).values);
          return values.size >= count ? [...values] : undefined;
        },
        40_000,
      );
    await client.call('produce', { topic, records: before, idempotent: true });
    await seen(before.length);
    await cluster.restart();
    await client.call('produce', { topic, records: after, idempotent: true });
    const values = valuesOf([...before, ...after]);
    expect((await seen(values.length)).toSorted()).toEqual(values.toSorted());
    await client.call('member-stop', { member: group });
    await expectValues(checker, topic, values);
  },
};

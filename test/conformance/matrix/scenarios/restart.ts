import { expect } from 'vitest';
import { memberWith } from '../members.ts';
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
    const seen = async (count: number): Promise<ReadonlySet<string>> => {
      const { values } = await memberWith(`${count} values`, {
        driver: client,
        member: group,
        until: (state) => new Set(state.values).size >= count,
      });
      return new Set(values);
    };
    await client.call('produce', { topic, records: before, idempotent: true });
    await seen(before.length);
    await cluster.restart();
    await client.call('produce', { topic, records: after, idempotent: true });
    const values = valuesOf([...before, ...after]);
    expect([...(await seen(values.length))].toSorted()).toEqual(values.toSorted());
    await client.call('member-stop', { member: group });
    await expectValues(checker, topic, values);
  },
};

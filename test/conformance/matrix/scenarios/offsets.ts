import { expect } from 'vitest';
import type { Scenarios } from '../scenario.ts';

export const offsetScenarios: Scenarios<'offsets-commit' | 'offsets-by-time'> = {
  'offsets-commit': async ({ client, checker, topic: newTopic, name }) => {
    const [topic, group] = [await newTopic(2), name()];
    const records = [0, 0, 1].map((partition) => ({ value: 'x', partition }));
    await checker.call('produce', { topic, records });
    await client.call('commit', { topic, group, offsets: { 0: 2, 1: 1 } });
    expect((await client.call('committed', { topic, group })).offsets).toEqual({ 0: 2, 1: 1 });
    await client.call('commit', { topic, group, offsets: { 0: 1 } });
    expect((await client.call('committed', { topic, group })).offsets).toEqual({ 0: 1, 1: 1 });
  },
  'offsets-by-time': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    const start = 1_700_000_000_000;
    for (const step of [0, 1, 2])
      await checker.call('produce', {
        topic,
        records: [{ value: `at ${step}`, timestamp: start + step * 1000, partition: 0 }],
      });
    const at = async (timestamp: number) =>
      (await client.call('offsets-at', { topic, timestamp })).offsets;
    expect(await at(start)).toEqual({ 0: 0 });
    expect(await at(start + 1)).toEqual({ 0: 1 });
    expect(await at(start + 2000)).toEqual({ 0: 2 });
  },
};

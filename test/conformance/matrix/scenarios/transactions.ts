import { expect } from 'vitest';
import { expectRefusal, expectValues, someRecords, valuesOf, type Scenarios } from '../scenario.ts';

export const transactionScenarios: Scenarios<
  'txn-commit' | 'txn-abort' | 'txn-offsets' | 'txn-fencing'
> = {
  'txn-commit': async ({ client, checker, topic: newTopic, name }) => {
    const [one, two] = [await newTopic(2), await newTopic()];
    const producer = name();
    await client.call('txn-open', { producer, transactionalId: producer });
    for (const round of ['first', 'second']) {
      await client.call('txn-begin', { producer });
      for (const topic of [one, two])
        await client.call('txn-send', { producer, topic, records: someRecords(10, round) });
      if (round === 'first') await expectValues(checker, one, []);
      await client.call('txn-commit', { producer });
    }
    await client.call('txn-close', { producer });
    const values = valuesOf([...someRecords(10, 'first'), ...someRecords(10, 'second')]);
    for (const reader of [checker, client])
      for (const topic of [one, two]) await expectValues(reader, topic, values);
  },
  'txn-abort': async ({ client, checker, topic: newTopic, name }) => {
    const topic = await newTopic();
    const producer = name();
    await client.call('txn-open', { producer, transactionalId: producer });
    for (const round of ['kept', 'aborted', 'kept too']) {
      await client.call('txn-begin', { producer });
      await client.call('txn-send', { producer, topic, records: someRecords(10, round) });
      await client.call(round === 'aborted' ? 'txn-abort' : 'txn-commit', { producer });
    }
    await client.call('txn-close', { producer });
    const values = valuesOf([...someRecords(10, 'kept'), ...someRecords(10, 'kept too')]);
    for (const reader of [checker, client]) await expectValues(reader, topic, values);
    const all = await checker.call('read', { topic, count: 30, committed: false });
    expect(all.records).toHaveLength(30);
  },
  'txn-offsets': async ({ client, topic: newTopic, name }) => {
    const [topic, producer, group] = [await newTopic(), name(), name()];
    await client.call('produce', { topic, records: someRecords(10) });
    await client.call('txn-open', { producer, transactionalId: producer });
    const move = async (offset: number, end: 'txn-commit' | 'txn-abort'): Promise<void> => {
      await client.call('txn-begin', { producer });
      await client.call('txn-send', { producer, topic, records: someRecords(1) });
      await client.call('txn-offsets', { producer, topic, group, offsets: { 0: offset } });
      await client.call(end, { producer });
    };
    const committed = async () => (await client.call('committed', { topic, group })).offsets;
    await move(4, 'txn-commit');
    expect(await committed()).toEqual({ 0: 4 });
    await move(9, 'txn-abort');
    expect(await committed()).toEqual({ 0: 4 });
    await move(7, 'txn-commit');
    expect(await committed()).toEqual({ 0: 7 });
    await client.call('txn-close', { producer });
  },
  'txn-fencing': async ({ client, checker, topic: newTopic, name }) => {
    const [topic, transactionalId] = [await newTopic(), name()];
    await client.call('txn-open', { producer: 'old', transactionalId });
    await client.call('txn-begin', { producer: 'old' });
    await client.call('txn-send', { producer: 'old', topic, records: someRecords(3, 'fenced') });
    await client.call('txn-open', { producer: 'new', transactionalId });
    await client.call('txn-begin', { producer: 'new' });
    const late = async (): Promise<void> => {
      await client.call('txn-send', { producer: 'old', topic, records: someRecords(3, 'late') });
      await client.call('txn-commit', { producer: 'old' });
    };
    await expectRefusal(late(), /fenc|epoch|abort|state/i);
    await client.call('txn-send', { producer: 'new', topic, records: someRecords(3, 'new') });
    await client.call('txn-commit', { producer: 'new' });
    await expectValues(checker, topic, valuesOf(someRecords(3, 'new')));
  },
};

import { expect } from 'vitest';
import type { Caller } from '../driver.ts';
import type { Codec, Incoming, Outgoing } from '../operations.ts';
import { expectRefusal, expectValues, someRecords, type Scenarios } from '../scenario.ts';
import type { Stage } from '../stage.ts';

const LARGE_BYTES = 900 * 1024;
const TOO_LARGE_BYTES = 2 << 20;

const FULL: readonly Outgoing[] = [
  { key: 'a', value: 'with a key', timestamp: 1_700_000_000_000, headers: [['source', 'test']] },
  { key: null, value: 'without a key', timestamp: 1_700_000_000_001 },
  { key: 'a', value: null, timestamp: 1_700_000_000_002 },
  {
    key: 'größe',
    value: 'Ünïcödé €',
    timestamp: 1_700_000_000_003,
    headers: [
      ['empty', ''],
      ['ö', 'é'],
    ],
  },
];

export const recordScenarios: Scenarios<
  | 'records-written'
  | 'records-read'
  | `codec-${Exclude<Codec, 'none'>}`
  | 'large-message'
  | 'too-large'
  | 'producer-idempotent'
> = {
  'records-written': (stage) => expectExact(stage, stage.client, stage.checker),
  'records-read': (stage) => expectExact(stage, stage.checker, stage.client),
  'codec-gzip': (stage) => expectCodec(stage, 'gzip'),
  'codec-snappy': (stage) => expectCodec(stage, 'snappy'),
  'codec-lz4': (stage) => expectCodec(stage, 'lz4'),
  'codec-zstd': (stage) => expectCodec(stage, 'zstd'),
  'large-message': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    const value = 'large '.repeat(LARGE_BYTES / 6);
    await client.call('produce', { topic, records: [{ value }] });
    for (const reader of [checker, client])
      expect((await reader.call('read', { topic, count: 1 })).records[0]?.value === value).toBe(
        true,
      );
  },
  'too-large': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    const records = [{ value: 'x'.repeat(TOO_LARGE_BYTES) }];
    await expectRefusal(client.call('produce', { topic, records }), /large/i);
    await expectValues(checker, topic, []);
  },
  'producer-idempotent': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    const records = someRecords(2000).map((record) => ({ ...record, partition: 0 }));
    await client.call('produce', { topic, records, idempotent: true });
    const read = await checker.call('read', { topic, count: 2000 });
    expect(read.records.map(({ value }) => value)).toEqual(records.map(({ value }) => value));
  },
};

/** One record a request, so that clients which set headers for a whole request can write them all. */
async function expectExact(
  { topic: newTopic }: Stage,
  writer: Caller,
  reader: Caller,
): Promise<void> {
  const topic = await newTopic();
  for (const record of FULL)
    await writer.call('produce', { topic, records: [{ ...record, partition: 0 }] });
  const { records } = await reader.call('read', { topic, count: FULL.length });
  expect(records).toEqual(
    FULL.map(({ key = null, value, timestamp = 0, headers = [] }, offset): Incoming => ({
      partition: 0,
      offset,
      key,
      value,
      headers,
      timestamp,
    })),
  );
}

async function expectCodec(
  { client, checker, topic: newTopic }: Stage,
  codec: Codec,
): Promise<void> {
  const topic = await newTopic();
  const records = someRecords(50, `compressible ${'abcdefgh'.repeat(40)}`);
  await client.call('produce', { topic, records, codec });
  const values = records.map(({ value }) => String(value));
  await expectValues(checker, topic, values);
  await checker.call('produce', { topic, records, codec });
  await expectValues(client, topic, [...values, ...values]);
}

// Reads a topic from given positions to its present end, and then stops: how each program finds its place.
import { Consumer, stringDeserializers, type Message } from '@platformatic/kafka';
import { connection, PARTITIONS } from './connection.ts';

export type TextMessage = Message<string, string, string, string>;

/** Calls `onMessage` with what stands in `topic`, `back` records back from the end of each partition or all. */
export async function readToEnd(
  topic: string,
  back: number | 'all',
  onMessage: (message: TextMessage) => void,
): Promise<void> {
  const consumer = new Consumer({
    ...connection('purchases-reader'),
    groupId: `reader-${process.pid}`,
    deserializers: stringDeserializers,
  });
  try {
    const [starts, ends] = await Promise.all([
      consumer.listOffsets({ topics: [topic], timestamp: -2n }),
      consumer.listOffsets({ topics: [topic], timestamp: -1n }),
    ]);
    const open = new Map<number, bigint>();
    const offsets = [];
    for (let partition = 0; partition < PARTITIONS; partition++) {
      const start = starts.get(topic)?.[partition] ?? 0n;
      const end = ends.get(topic)?.[partition] ?? 0n;
      const from = back === 'all' || end - BigInt(back) < start ? start : end - BigInt(back);
      if (from < end) open.set(partition, end);
      offsets.push({ topic, partition, offset: from });
    }
    if (open.size === 0) return;
    const stream = await consumer.consume({
      topics: [topic],
      mode: 'manual',
      offsets,
      autocommit: false,
    });
    for await (const message of stream) {
      const end = open.get(message.partition);
      if (end === undefined) continue;
      onMessage(message);
      if (message.offset + 1n >= end) open.delete(message.partition);
      if (open.size === 0) break;
    }
  } finally {
    await consumer.close(true);
  }
}

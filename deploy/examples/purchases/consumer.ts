// Prints every new total as it comes. Its place is the committed offset of its group.
import { Consumer, stringDeserializers } from '@platformatic/kafka';
import { connection, TOTALS } from './connection.ts';
import type { Total } from './purchase.ts';
import { ensureTopics } from './topics.ts';

await ensureTopics();
const consumer = new Consumer({
  ...connection('purchases-consumer'),
  groupId: 'purchases-consumer',
  deserializers: stringDeserializers,
});
const stream = await consumer.consume({
  topics: [TOTALS],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: 200,
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stream.close().then(() => consumer.close(true));
  });
process.stdout.write('consumer: started\n');
for await (const message of stream) {
  const { customer, purchases, cents } = JSON.parse(message.value) as Total;
  process.stdout.write(
    `consumer: ${customer} has bought ${purchases} times for ${(cents / 100).toFixed(2)}\n`,
  );
}

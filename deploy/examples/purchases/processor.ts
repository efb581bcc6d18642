// Reads `purchases`, keeps a total for each customer, writes each new total to `customer-totals`.
//
// Its state is the topic it writes: at start it reads the newest total of each customer back. Totals carry
// the last line they contain, so a purchase that is read again after a crash is not counted again.
import { Consumer, Producer, stringDeserializers, stringSerializers } from '@platformatic/kafka';
import { connection, PARTITIONS, PURCHASES, TOTALS } from './connection.ts';
import { readToEnd } from './log-reader.ts';
import { addPurchase, partitionOf, type Purchase, type Total } from './purchase.ts';
import { ensureTopics } from './topics.ts';

await ensureTopics();
const totals = new Map<string, Total>();
await readToEnd(TOTALS, 'all', (message) => {
  const total = JSON.parse(message.value) as Total;
  totals.set(total.customer, total);
});
const producer = new Producer({
  ...connection('purchases-processor'),
  serializers: stringSerializers,
  idempotent: true,
  acks: -1,
});
const consumer = new Consumer({
  ...connection('purchases-processor'),
  groupId: 'purchases-processor',
  deserializers: stringDeserializers,
});
const stream = await consumer.consume({
  topics: [PURCHASES],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
});
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => {
    void stream.close().then(() => Promise.all([consumer.close(true), producer.close()]));
  });
process.stdout.write(`processor: started with ${totals.size} totals\n`);
for await (const message of stream) {
  const purchase = JSON.parse(message.value) as Purchase;
  const before = totals.get(purchase.customer);
  const total = addPurchase(before, purchase);
  if (total !== before) {
    await producer.send({
      messages: [
        {
          topic: TOTALS,
          partition: partitionOf(total.customer, PARTITIONS),
          key: total.customer,
          value: JSON.stringify(total),
        },
      ],
    });
    totals.set(total.customer, total);
  }
  // Only now is the purchase done: a crash before this line reads it again, and it is not counted twice.
  await message.commit();
}

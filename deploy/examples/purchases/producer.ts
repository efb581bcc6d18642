// Writes every line of purchases.csv to the topic `purchases`, once.
//
// Its place is in the topic itself: lines of one partition are written in order, so the last record of a
// partition tells which of its lines are there. Killed and started again, it goes on behind them.
import { Producer, stringSerializers } from '@platformatic/kafka';
import { connection, PARTITIONS, PURCHASES } from './connection.ts';
import { readToEnd } from './log-reader.ts';
import { partitionOf, readPurchases, type Purchase } from './purchase.ts';
import { ensureTopics } from './topics.ts';

const LINES_PER_REQUEST = 20;

await ensureTopics();
const written = new Map<number, number>();
await readToEnd(PURCHASES, 1, (message) => {
  written.set(message.partition, (JSON.parse(message.value) as Purchase).line);
});
const missing = readPurchases().filter(
  ({ line, customer }) => line > (written.get(partitionOf(customer, PARTITIONS)) ?? 0),
);
const producer = new Producer({
  ...connection('purchases-producer'),
  serializers: stringSerializers,
  idempotent: true,
  acks: -1,
});
for (let at = 0; at < missing.length; at += LINES_PER_REQUEST) {
  const messages = missing.slice(at, at + LINES_PER_REQUEST).map((purchase) => ({
    topic: PURCHASES,
    partition: partitionOf(purchase.customer, PARTITIONS),
    key: purchase.customer,
    value: JSON.stringify(purchase),
  }));
  await producer.send({ messages });
}
await producer.close();
process.stdout.write(`producer: wrote ${missing.length} purchases\n`);

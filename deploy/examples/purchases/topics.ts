// Makes the two topics when they are missing.
import { Admin } from '@platformatic/kafka';
import { connection, PARTITIONS, PURCHASES, TOTALS } from './connection.ts';

export async function ensureTopics(): Promise<void> {
  const admin = new Admin(connection('purchases-setup'));
  try {
    const present = await admin.listTopics();
    const missing = [PURCHASES, TOTALS].filter((topic) => !present.includes(topic));
    for (const topic of missing)
      await admin.createTopics({
        topics: [topic],
        partitions: PARTITIONS,
        replicas: 1,
        // Totals are a table: the newest record of each customer is all that matters.
        configs: topic === TOTALS ? [{ name: 'cleanup.policy', value: 'compact' }] : [],
      });
  } finally {
    await admin.close();
  }
}

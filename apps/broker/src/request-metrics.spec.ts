import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { requestMetrics } from './request-metrics.ts';

const PRODUCE_KEY = 0;

test('a scrape tells requests, phases and durations by API, as a histogram of the registry would', async () => {
  const registry = new Registry();
  const ofApi = requestMetrics(registry);
  for (const takenMs of [0.2, 0.4, 3, 9000]) {
    const tally = ofApi(PRODUCE_KEY);
    tally.requests++;
    tally.onAnswer({ queuedMs: 1, busyMs: 0.1, takenMs });
  }
  const lines = (await registry.metrics()).split('\n').filter((line) => !line.startsWith('#'));
  const name = 'weirhouse_broker_request_duration_seconds';
  expect(lines).toEqual(
    expect.arrayContaining([
      'weirhouse_broker_requests_total{api="Produce"} 4',
      'weirhouse_broker_request_seconds_total{api="Produce",phase="queue"} 0.004',
      `${name}_bucket{le="0.0002",api="Produce"} 1`,
      `${name}_bucket{le="0.0005",api="Produce"} 2`,
      `${name}_bucket{le="0.002",api="Produce"} 2`,
      `${name}_bucket{le="0.005",api="Produce"} 3`,
      `${name}_bucket{le="5",api="Produce"} 3`,
      `${name}_bucket{le="+Inf",api="Produce"} 4`,
      `${name}_count{api="Produce"} 4`,
    ]),
  );
});

test('a second scrape does not count twice', async () => {
  const registry = new Registry();
  requestMetrics(registry)(PRODUCE_KEY).requests++;
  await registry.metrics();
  expect(await registry.metrics()).toContain('requests_total{api="Produce"} 1\n');
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hourRowsOf } from './hour-rows.ts';
import { meter, type BrokerMemory } from './meter.ts';
import { clusterUsage, OTHERS, SECTIONS, type BrokerReport, type Usage } from './usage.ts';

const PRINCIPALS = ['User:u-a', 'User:sa-b', 'User:platform'];
const TOPICS = ['t', 'u'];

/** A broker that counts, dies, and forgets idle counters, and what it counted in all its lives. */
class Broker {
  life = 0;
  lastSeries = 0;
  readonly total = new Map<string, number>();
  readonly lost = new Map<string, number>();
  readonly #counters = new Map<string, { series: number; bytes: number; reported: number }>();

  produce(key: string, bytes: number): void {
    let counter = this.#counters.get(key);
    if (counter === undefined) {
      this.lastSeries += 1;
      counter = { series: this.lastSeries, bytes: 0, reported: 0 };
      this.#counters.set(key, counter);
    }
    counter.bytes += bytes;
    add(this.total, key, bytes);
  }

  /** What was not taken over by the last report that counted dies with it. */
  die(): void {
    for (const [key, { bytes, reported }] of this.#counters) add(this.lost, key, bytes - reported);
    this.#counters.clear();
    this.lastSeries = 0;
    this.life += 1;
  }

  /** Forgets counters that did not move since a report that counted. */
  forget(): void {
    for (const [key, { bytes, reported }] of this.#counters)
      if (bytes === reported) this.#counters.delete(key);
  }

  committed(): void {
    for (const counter of this.#counters.values()) counter.reported = counter.bytes;
  }

  report(): BrokerReport {
    return {
      ...EMPTY,
      incarnationId: `life-${this.life}`,
      traffic: Array.from(this.#counters, ([key, { bytes, series }]) => {
        const [principal = '', topic = ''] = key.split(' ');
        const others = { receivedRecords: 0, sentBytes: 0, sentRecords: 0 };
        return { series, principal, topic, receivedBytes: bytes, ...others };
      }),
    };
  }
}

const EMPTY: BrokerReport = {
  incarnationId: '',
  load: { busyMs: 0, idleMs: 0 },
  connections: 0,
  failedAuthentications: 0,
  principals: [],
  traffic: [],
  requests: [],
  topics: [],
  lags: [],
};

function add(sums: Map<string, number>, key: string, value: number): void {
  sums.set(key, (sums.get(key) ?? 0) + value);
}

const eventOf = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('produce' as const),
      key: fc
        .tuple(fc.constantFrom(...PRINCIPALS), fc.constantFrom(...TOPICS))
        .map(([principal, topic]) => `${principal} ${topic}`),
      bytes: fc.integer({ min: 1, max: 1_000 }),
    }),
  },
  // A sampler is killed before its commit, or two race and one is too late: nothing of it counts.
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      { kind: 'sample' as const },
      { kind: 'sample-lost' as const },
      { kind: 'sample-twice' as const },
      { kind: 'broker-dies' as const },
      { kind: 'forget' as const },
    ),
  },
);

describe('metering', () => {
  it('adds up to what brokers counted, less what dead ones took along, over kills, gaps and repeats', () => {
    fc.assert(
      fc.property(fc.array(eventOf, { maxLength: 60 }), (events) => {
        const broker = new Broker();
        let memory: BrokerMemory | undefined;
        const metered = new Map<string, number>();
        const take = (report: BrokerReport): void => {
          const result = meter(memory, report, 'platform');
          memory = result.memory;
          for (const [principal, topic, bytes] of result.usage.traffic)
            add(metered, `User:${principal} ${topic}`, Number(bytes));
        };
        for (const event of [...events, { kind: 'sample' as const }]) {
          if (event.kind === 'produce') broker.produce(event.key, event.bytes);
          else if (event.kind === 'broker-dies') broker.die();
          else if (event.kind === 'forget') broker.forget();
          else if (event.kind === 'sample-lost') meter(memory, broker.report(), 'platform');
          else {
            const report = broker.report();
            take(report);
            if (event.kind === 'sample-twice') take(report);
            broker.committed();
          }
        }
        for (const principal of PRINCIPALS)
          for (const topic of TOPICS) {
            const key = `${principal} ${topic}`;
            const counted = (broker.total.get(key) ?? 0) - (broker.lost.get(key) ?? 0);
            expect(metered.get(key) ?? 0).toBe(principal === 'User:platform' ? 0 : counted);
          }
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('keeps the sum when there are more rows than a minute keeps', () => {
    const rowCount = fc.integer({ min: 0, max: SECTIONS.traffic.rowsMax + 50 });
    fc.assert(
      fc.property(rowCount, fc.nat(7), (count, step) => {
        const none = { requests: [], principals: [], topics: [], lags: [], totals: [] };
        const traffic = Array.from({ length: count }, (_, at) => [
          `u-${at}`,
          't',
          at * step,
          1,
          0,
          0,
        ]);
        const usage: Usage = clusterUsage([{ ...none, traffic }], 0);
        const sum = (of: Usage['traffic'], at: number) =>
          of.reduce((all, row) => all + Number(row[at]), 0);
        expect(usage.traffic.length).toBeLessThanOrEqual(SECTIONS.traffic.rowsMax);
        expect([sum(usage.traffic, 2), sum(usage.traffic, 3)]).toEqual([sum(traffic, 2), count]);
        const hasOthers = usage.traffic.some(([principal]) => principal === OTHERS);
        expect(hasOthers).toBe(count > SECTIONS.traffic.rowsMax);
        const hours = hourRowsOf(usage);
        const pairs = hours.filter(({ topic }) => topic !== '');
        expect(pairs.reduce((all, row) => all + row.receivedBytes, 0)).toBe(sum(traffic, 2));
        expect(hours.at(-1)).toMatchObject({ topic: '', receivedBytes: sum(traffic, 2) });
      }),
      { seed: 11, numRuns: 60 },
    );
  });

  it('adds the brokers of a cluster up: counters, gauges and the load of their event loops', () => {
    const report: BrokerReport = {
      ...EMPTY,
      incarnationId: 'a',
      load: { busyMs: 10, idleMs: 90 },
      connections: 2,
      failedAuthentications: 1,
      principals: [{ series: 1, principal: 'User:u-a', connections: 2, authentications: 3 }],
      topics: [{ topic: 't', partitions: 3, retainedBytes: 100 }],
      lags: [{ group: 'g', topic: 't', partition: 0, lag: 5 }],
    };
    const { usage } = meter(undefined, report, 'platform');
    const both = clusterUsage([usage, usage], 2);
    expect(both.principals).toEqual([['u-a', 4, 6]]);
    expect(both.topics).toEqual([['t', 6, 200]]);
    expect(both.totals).toEqual([[4, 6, 2, 20, 180, 2]]);
    expect(hourRowsOf(both).at(-1)).toMatchObject({
      minutes: 1,
      partitionMinutes: 6,
      retainedByteMinutes: 200,
      ckuMinutes: 2,
    });
  });
});

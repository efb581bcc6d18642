import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { clustersIn, matches, parseFilter, type MetricFilter } from './metric-filter.ts';
import { MetricPoints, type PointsQuery } from './metric-points.ts';
import { CLUSTER_FIELD, fieldsOf, findMetric, METRICS, type Metric } from './metrics.ts';
import { parseInterval, requireSpan, unionOf } from './time-range.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const NOW_MS = Date.parse('2026-05-04T10:20:30Z');
const FIELDS = [CLUSTER_FIELD, 'metric.topic', 'metric.partition'];

function metricOf(name: string): Metric {
  const metric = findMetric(`io.confluent.kafka.server/${name}`);
  if (metric === undefined) throw new Error(name);
  return metric;
}

function inCluster(value: string): MetricFilter {
  return { op: 'EQ', field: CLUSTER_FIELD, value };
}

function queryOf(name: string, query: Partial<PointsQuery> = {}): PointsQuery {
  return {
    metric: metricOf(name),
    filter: inCluster('lkc-a'),
    groupBy: [],
    granularity: 'PT1H',
    ranges: [{ fromMs: 0, untilMs: 10 * HOUR_MS }],
    ...query,
  };
}

describe('the metrics', () => {
  it('have names and labels of their own', () => {
    const names = METRICS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const metric of METRICS)
      expect(new Set(fieldsOf(metric)).size).toBe(fieldsOf(metric).length);
  });
});

describe('a filter', () => {
  it.each([
    [{ op: 'EQ', field: 'metric.colour', value: 'x' }, 'filter.field must be one of'],
    [{ op: 'LIKE', field: CLUSTER_FIELD, value: 'x' }, 'filter.op must be'],
    [{ op: 'AND' }, 'filter.filters must be a list'],
    [{ op: 'AND', filters: [{ op: 'NOT' }] }, 'filter.filters.0.filter must be an object'],
    [{ op: 'GT', field: 'metric.topic', value: 'x' }, 'filter.value must be a number'],
    [{ op: 'EQ', field: CLUSTER_FIELD }, 'filter.value must be a string'],
    [
      { op: 'NOT', filter: { op: 'EQ', field: CLUSTER_FIELD, value: '\0' } },
      'filter.filter.value must have 255 characters at most',
    ],
  ])('that is no filter is refused by its place: %j', (value, reason) => {
    expect(() => parseFilter(value, FIELDS)).toThrow(reason);
  });

  it('that is too deep is refused', () => {
    let filter: object = { op: 'EQ', field: CLUSTER_FIELD, value: 'x' };
    for (let depth = 0; depth < 10; depth++) filter = { op: 'NOT', filter };
    expect(() => parseFilter(filter, FIELDS)).toThrow('more than 10 levels');
  });

  it('compares numbers as numbers', () => {
    const filter = parseFilter({ op: 'GT', field: 'metric.partition', value: 9 }, FIELDS);
    const isMatch = (partition: string) => matches(filter, { 'metric.partition': partition });
    expect([isMatch('9'), isMatch('10')]).toEqual([false, true]);
  });

  it('matches nothing outside the clusters that it is said to name', () => {
    const leaf = fc.oneof(
      fc.record({
        op: fc.constant('EQ' as const),
        field: fc.constantFrom(CLUSTER_FIELD, 'metric.topic'),
        value: fc.constantFrom('a', 'b', 'c'),
      }),
    );
    const { filter: any } = fc.letrec<{ filter: MetricFilter }>((tie) => ({
      filter: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc.record({ op: fc.constant('NOT' as const), filter: tie('filter') }),
        fc.record({
          op: fc.constantFrom('AND' as const, 'OR' as const),
          filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
        }),
      ),
    }));
    fc.assert(
      fc.property(
        any,
        fc.constantFrom('a', 'b', 'c'),
        fc.constantFrom('a', 'b'),
        (filter, id, topic) => {
          const isMatch = matches(filter, { [CLUSTER_FIELD]: id, 'metric.topic': topic });
          const isNamed = clustersIn(filter)?.has(id) ?? true;
          expect(isNamed || !isMatch).toBe(true);
        },
      ),
      { seed: 3, numRuns: 1_000 },
    );
  });
});

describe('an interval', () => {
  it.each([
    ['2026-05-04T10:00:00Z/2026-05-04T11:00:00+00:00', '10:00:00', '11:00:00'],
    ['2026-05-04T10:00:00Z/PT90M', '10:00:00', '11:30:00'],
    ['PT1H/now', '09:20:30', '10:20:30'],
    ['PT1M/now-2m|m', '10:17:00', '10:18:00'],
    ['now-2h|h/now|h', '08:00:00', '10:00:00'],
  ])('%s is read', (text, from, until) => {
    const at = (time: string) => Date.parse(`2026-05-04T${time}Z`);
    expect(parseInterval(text, NOW_MS)).toEqual({ fromMs: at(from), untilMs: at(until) });
  });

  it.each(['', 'PT1H', 'PT1H/PT1H', 'yesterday/now', 'now/now-1h', 'P/now', 'now/PT1H/PT1H'])(
    '%j is refused',
    (text) => {
      expect(() => parseInterval(text, NOW_MS)).toThrow('intervals');
    },
  );

  it('may not be longer than its granularity allows, all together', () => {
    const hours = (from: number, until: number) => {
      return { fromMs: from * HOUR_MS, untilMs: until * HOUR_MS };
    };
    requireSpan('PT1M', [hours(0, 4), hours(3, 6)]);
    expect(() => requireSpan('PT1M', [hours(0, 4), hours(5, 8)])).toThrow('at most 6 hours');
    expect(unionOf([hours(3, 6), hours(0, 4), hours(8, 9)])).toEqual([hours(0, 6), hours(8, 9)]);
  });
});

describe('points', () => {
  it('of a counter are sums, by group and time', () => {
    const points = new MetricPoints(queryOf('received_bytes', { groupBy: ['metric.topic'] }));
    for (let minute = 0; minute < 90; minute++)
      points.add('lkc-a', minute * MINUTE_MS, [
        ['u-a', 't', 10, 1, 0, 0],
        ['u-b', 't', 5, 1, 0, 0],
        ['u-a', 's', 1, 1, 0, 0],
      ]);
    expect(points.finish()).toEqual([
      { labels: { 'metric.topic': 's' }, timeMs: 0, value: 60 },
      { labels: { 'metric.topic': 't' }, timeMs: 0, value: 900 },
      { labels: { 'metric.topic': 's' }, timeMs: HOUR_MS, value: 30 },
      { labels: { 'metric.topic': 't' }, timeMs: HOUR_MS, value: 450 },
    ]);
  });

  it('of a gauge are the average of each cluster, added up', () => {
    const filter: MetricFilter = { op: 'OR', filters: [inCluster('lkc-a'), inCluster('lkc-b')] };
    const points = new MetricPoints(queryOf('retained_bytes', { filter, granularity: 'ALL' }));
    points.add('lkc-a', 0, [
      ['t', 1, 100],
      ['s', 1, 100],
    ]);
    points.add('lkc-a', MINUTE_MS, [['t', 1, 400]]);
    points.add('lkc-b', MINUTE_MS, [['t', 1, 7]]);
    expect(points.finish()).toEqual([{ labels: {}, timeMs: 0, value: 307 }]);
  });

  it('leave out what the filter and the intervals leave out', () => {
    const ranges = [{ fromMs: MINUTE_MS, untilMs: 2 * MINUTE_MS }];
    const filter: MetricFilter = {
      op: 'AND',
      filters: [
        inCluster('lkc-a'),
        { op: 'NOT', filter: { op: 'EQ', field: 'metric.topic', value: 's' } },
      ],
    };
    const points = new MetricPoints(
      queryOf('sent_records', { filter, ranges, granularity: 'PT1M' }),
    );
    for (const minute of [0, 1, 2])
      points.add('lkc-a', minute * MINUTE_MS, [
        ['u-a', 't', 0, 0, 0, 4],
        ['u-a', 's', 0, 0, 0, 9],
      ]);
    expect(points.finish()).toEqual([{ labels: {}, timeMs: MINUTE_MS, value: 4 }]);
  });

  it('of the load are a part of the time', () => {
    const points = new MetricPoints(queryOf('cluster_load_percent'));
    points.add('lkc-a', 0, [[1, 1, 0, 30, 90, 0]]);
    expect(points.finish()[0]?.value).toBe(0.25);
  });
});

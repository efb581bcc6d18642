import { describe, expect, it } from 'vitest';

import { USAGE_IDLE_MS, USAGE_PRINCIPALS_MAX, USAGE_SERIES_MAX } from '../limits.ts';
import { REST, UsageLedger } from './usage-ledger.ts';

describe('the usage ledger', () => {
  it('counts topics beyond its limit together and loses none of their bytes', () => {
    const ledger = new UsageLedger();
    const usage = ledger.principal('User:a');
    for (let topic = 0; topic < USAGE_SERIES_MAX + 5; topic++)
      usage.traffic(`topic-${topic}`).receivedBytes += 1;
    usage.traffic('topic-0').receivedBytes += 1;
    const counters = Array.from(usage.trafficCounters);
    expect(counters).toHaveLength(USAGE_SERIES_MAX + 1);
    expect(counters.find(({ topic }) => topic === REST)?.receivedBytes).toBe(5);
    expect(counters.reduce((sum, each) => sum + each.receivedBytes, 0)).toBe(USAGE_SERIES_MAX + 6);
  });

  it('counts principals beyond its limit together', () => {
    const ledger = new UsageLedger();
    for (let user = 0; user < USAGE_PRINCIPALS_MAX + 3; user++)
      ledger.principal(`User:${user}`).connections++;
    const rest = Array.from(ledger.principals).find(({ principal }) => principal === REST);
    expect(rest?.connections).toBe(3);
    expect(ledger.principal('User:0').connections).toBe(1);
  });

  it('forgets a counter that has not moved for an hour, and begins another series for it', () => {
    const ledger = new UsageLedger();
    const usage = ledger.principal('User:a');
    usage.connections = 1;
    const before = usage.traffic('t').series;
    usage.traffic('busy').sentBytes += 1;
    ledger.prune(0);
    usage.traffic('busy').sentBytes += 1;
    ledger.prune(USAGE_IDLE_MS);
    expect(Array.from(usage.trafficCounters, ({ topic }) => topic)).toEqual(['busy']);
    const counter = usage.traffic('t');
    expect(counter.series).toBeGreaterThan(before);
    expect(counter.receivedBytes).toBe(0);
  });

  it('keeps whoever is connected, and gives room to others when somebody is idle and gone', () => {
    const ledger = new UsageLedger();
    for (let user = 0; user < USAGE_PRINCIPALS_MAX; user++)
      ledger.principal(`User:${user}`).connections++;
    ledger.principal('User:7').connections--;
    ledger.prune(0);
    ledger.prune(USAGE_IDLE_MS);
    expect(ledger.principal('User:new').principal).toBe('User:new');
    expect(ledger.principal('User:newer').principal).toBe(REST);
    expect(ledger.principal('User:8').connections).toBe(1);
  });
});

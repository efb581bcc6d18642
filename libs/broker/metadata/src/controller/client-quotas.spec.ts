import { KafkaError } from '@weirhouse/kafka-protocol';
import type { AlterClientQuotasRequest } from '@weirhouse/kafka-protocol/messages/alter-client-quotas-request';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeClientQuotas } from '../describe/describe-client-quotas.ts';
import { isIpAddress } from '../ip-address.ts';
import { SpecCluster } from '../spec-builders.ts';
import { alterClientQuotas } from './client-quotas.ts';

type Entry = AlterClientQuotasRequest['entries'][number];
type Names = Readonly<Record<string, string | null>>;

function entityOf(names: Names): Entry['entity'] {
  return Object.entries(names).map(([entityType, entityName]) => ({ entityType, entityName }));
}

function entry(names: Names, key: string, value: number | null): Entry {
  const op = { key, value: value ?? 0, remove: value === null };
  return { entity: entityOf(names), ops: [op] };
}

function alter(cluster: SpecCluster, entries: readonly Entry[], validateOnly = false) {
  const result = alterClientQuotas(cluster.context, { entries, validateOnly });
  cluster.commit(result.records);
  return result.response.entries.map(({ errorCode }) => errorCode);
}

const RATE = 'producer_byte_rate';

describe('client quotas', () => {
  it('count the narrowest limit, the user before the client and names before defaults', () => {
    const cluster = new SpecCluster();
    const { quotas } = cluster.image;
    const steps: readonly Names[] = [
      { 'client-id': null },
      { 'client-id': 'app' },
      { user: null },
      { user: null, 'client-id': null },
      { user: null, 'client-id': 'app' },
      { user: 'agent' },
      { user: 'agent', 'client-id': null },
      { user: 'agent', 'client-id': 'app' },
    ];
    for (const [index, names] of steps.entries()) {
      expect(alter(cluster, [entry(names, RATE, index + 1)])).toEqual([0]);
      expect(quotas.matchClient(RATE, 'agent', 'app')?.limit).toBe(index + 1);
    }
    expect(quotas.matchClient(RATE, 'agent', 'other')).toMatchObject({ limit: 7 });
    expect(quotas.matchClient(RATE, 'other', 'app')).toMatchObject({ limit: 5 });
    expect(quotas.matchClient('consumer_byte_rate', 'agent', 'app')).toBeUndefined();
  });

  it('share a limit between the clients that Kafka lets share it', () => {
    const cluster = new SpecCluster();
    const { quotas } = cluster.image;
    const sharers = (user: string, client: string) =>
      quotas.matchClient(RATE, user, client)?.sharers;
    alter(cluster, [entry({ 'client-id': null }, RATE, 1)]);
    expect(sharers('a', 'x')).toBe(sharers('b', 'x'));
    expect(sharers('a', 'x')).not.toBe(sharers('a', 'y'));
    alter(cluster, [entry({ user: null }, RATE, 1)]);
    expect(sharers('a', 'x')).toBe(sharers('a', 'y'));
    expect(sharers('a', 'x')).not.toBe(sharers('b', 'x'));
    alter(cluster, [entry({ user: null, 'client-id': null }, RATE, 1)]);
    expect(sharers('a', 'x')).not.toBe(sharers('a', 'y'));
  });

  it('are removed, and nothing is written for what is so already', () => {
    const cluster = new SpecCluster();
    const set = entry({ user: 'agent' }, RATE, 5);
    alter(cluster, [set]);
    const written = cluster.log.length;
    expect(alter(cluster, [set])).toEqual([0]);
    expect(alter(cluster, [entry({ user: 'other' }, RATE, null)])).toEqual([0]);
    expect(cluster.log.length).toBe(written);
    expect(alter(cluster, [entry({ user: 'agent' }, RATE, null)])).toEqual([0]);
    expect(cluster.image.quotas.list()).toEqual([]);
    expect(cluster.image.quotas.limits(RATE)).toBe(false);
  });

  it.each([
    [{}, RATE, 1],
    [{ planet: 'x' }, RATE, 1],
    [{ user: '' }, RATE, 1],
    [{ user: 'a', ip: '10.0.0.1' }, 'connection_creation_rate', 1],
    [{ ip: 'host.example' }, 'connection_creation_rate', 1],
    [{ ip: '10.0.0.1' }, RATE, 1],
    [{ user: 'a' }, 'connection_creation_rate', 1],
    [{ user: 'a' }, 'unknown_rate', 1],
    [{ user: 'a' }, 'toString', 1],
    [{ user: 'a' }, RATE, 0],
    [{ user: 'a' }, RATE, -1],
    [{ user: 'a' }, RATE, 1.5],
    [{ user: 'a' }, RATE, Number.NaN],
    [{ user: 'a' }, 'request_percentage', Infinity],
    [{ ip: '10.0.0.1' }, 'connection_creation_rate', 2 ** 31],
  ] as const)('refuse %j %s=%s and change nothing', (names, key, value) => {
    const cluster = new SpecCluster();
    const before = cluster.log.length;
    expect(alter(cluster, [entry(names, key, value)])).toEqual([KafkaError.INVALID_REQUEST]);
    expect(cluster.log.length).toBe(before);
  });

  it('change nothing when only checked', () => {
    const cluster = new SpecCluster();
    expect(alter(cluster, [entry({ user: 'a' }, RATE, 1)], true)).toEqual([0]);
    expect(cluster.image.quotas.size).toBe(0);
  });

  it('are told by exact name, by default, by kind, and strictly', () => {
    const cluster = new SpecCluster();
    const all: readonly Names[] = [
      { user: 'a' },
      { user: null },
      { user: 'a', 'client-id': 'x' },
      { ip: null },
    ];
    const key = (names: Names) => ('ip' in names ? 'connection_creation_rate' : RATE);
    for (const names of all) alter(cluster, [entry(names, key(names), 1)]);
    const ask = (components: [string, number, string | null][], strict = false) =>
      describeClientQuotas(cluster.image.quotas, {
        components: components.map(([entityType, matchType, match]) => {
          return { entityType, matchType, match };
        }),
        strict,
      });
    const count = (...args: Parameters<typeof ask>) => ask(...args).entries?.length;
    expect(count([])).toBe(4);
    expect(count([['user', 0, 'a']])).toBe(2);
    expect(count([['user', 0, 'a']], true)).toBe(1);
    expect(count([['user', 1, null]])).toBe(1);
    expect(count([['user', 2, null]])).toBe(3);
    expect(count([['ip', 2, null]])).toBe(1);
    expect(ask([['planet', 2, null]]).errorCode).toBe(KafkaError.UNSUPPORTED_VERSION);
    for (const bad of [
      [['user', 0, null]],
      [['user', 1, 'a']],
      [['user', 3, null]],
      [
        ['user', 2, null],
        ['user', 2, null],
      ],
      [
        ['user', 2, null],
        ['ip', 2, null],
      ],
      [['', 2, null]],
    ] as [string, number, string | null][][])
      expect(ask(bad)).toMatchObject({ errorCode: KafkaError.INVALID_REQUEST, entries: null });
  });

  it('know addresses', () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => isIpAddress(address)),
      { seed: 4, numRuns: 500 },
    );
    for (const text of ['', '1.2.3', '1.2.3.256', '1.2.3.4.5', ':::', '1::2::3', 'g::', '12345::'])
      expect(isIpAddress(text)).toBe(false);
  });
});

import type { Timers } from '@weirhouse/shared-kernel';
import { beforeEach, expect, test } from 'vitest';
import type { Cluster } from '../clusters/clusters.repository.ts';
import type { Repositories } from '../database/repositories.ts';
import { awaitCluster, READY_MAX_MS } from './await-cluster.ts';

const START: Cluster = {
  id: 'lkc-1',
  organizationId: 'o',
  environmentId: 'env-1',
  displayName: 'c',
  availability: 'LOW',
  cloud: 'AWS',
  region: 'local',
  kind: 'Basic',
  maxEcku: undefined,
  cku: undefined,
  zones: [],
  releasePriority: undefined,
  deletionProtection: false,
  observedCku: undefined,
  generation: 1,
  observedGeneration: 0,
  isDeleting: false,
  isStable: false,
  phase: 'PROVISIONING',
  bootstrapEndpoint: undefined,
  httpEndpoint: undefined,
  createdAtMs: 0,
  updatedAtMs: 0,
};
const PROVISIONED = { phase: 'PROVISIONED', bootstrapEndpoint: '127.0.0.1:9092' } as const;
const STABLE = { ...PROVISIONED, observedGeneration: 1, isStable: true };

/** What the world looks like at one look; the last one stays. */
interface Look {
  readonly cluster?: Partial<Cluster> | undefined;
  readonly isListening?: boolean;
  readonly isPushed?: boolean;
  readonly hasTopics?: boolean;
}

let nowMs: number;

beforeEach(() => {
  nowMs = 0;
});

async function run(looks: readonly Look[]): Promise<{ end: Cluster | undefined; steps: string[] }> {
  const steps: string[] = [];
  let at = 0;
  const look = (): Look => looks[Math.min(at, looks.length - 1)] ?? {};
  const timers: Timers = {
    after: (delayMs, callback) => {
      nowMs += delayMs;
      at += 1;
      queueMicrotask(callback);
      return () => undefined;
    },
  };
  const repositories = {
    clusters: {
      find: () => {
        const { cluster } = look();
        return Promise.resolve(cluster === undefined ? undefined : { ...START, ...cluster });
      },
      hasTopics: () => Promise.resolve(look().hasTopics ?? true),
    },
    apiKeys: { isPushed: () => Promise.resolve(look().isPushed ?? true) },
  } as unknown as Repositories;
  const end = await awaitCluster({
    repositories,
    cluster: START,
    apiKeyId: 'KEY',
    isListening: () => Promise.resolve(look().isListening ?? true),
    clock: { wallMs: () => nowMs, monotonicMs: () => nowMs },
    timers,
    onStep: (step) => steps.push(step),
    signal: new AbortController().signal,
  });
  return { end, steps };
}

test('a first start is told step by step, each step once', async () => {
  const { end, steps } = await run([
    { cluster: {} },
    { cluster: {} },
    { cluster: { bootstrapEndpoint: '127.0.0.1:9092' } },
    { cluster: PROVISIONED, isListening: true, isPushed: false },
    { cluster: PROVISIONED, hasTopics: false },
    { cluster: PROVISIONED },
    { cluster: STABLE },
  ]);
  expect(steps).toEqual([
    'choosing ports',
    'starting the broker',
    'handing the API key to the broker',
    'creating the topic',
    'settling',
  ]);
  expect(end?.bootstrapEndpoint).toBe('127.0.0.1:9092');
});

test('a row that was stable when everything stopped does not count while the port is shut', async () => {
  const { end, steps } = await run([{ cluster: STABLE, isListening: false }, { cluster: STABLE }]);
  expect(steps).toEqual(['starting the broker']);
  expect(end?.isStable).toBe(true);
});

test('a cluster that failed, vanished or is being deleted is not waited for', async () => {
  for (const cluster of [undefined, { phase: 'FAILED' }, { isDeleting: true }] as const)
    expect((await run([{ cluster }])).end).toBeUndefined();
  expect(nowMs).toBe(0);
});

test('the wait ends', async () => {
  expect((await run([{ cluster: {} }])).end).toBeUndefined();
  expect(nowMs).toBeGreaterThanOrEqual(READY_MAX_MS);
});

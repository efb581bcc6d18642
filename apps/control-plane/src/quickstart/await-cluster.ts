import type { Clock, Timers } from '@weirhouse/shared-kernel';
import type { Repositories } from '../database/repositories.ts';
import type { Cluster } from '../clusters/clusters.repository.ts';

/** How often the database is asked, in milliseconds: one small query. */
const POLL_MS = 100;
/** How long a first start may take before the person is told where to look, in milliseconds. */
export const READY_MAX_MS = 60_000;

/** What is awaited and how it is looked at. */
export interface AwaitedCluster {
  readonly repositories: Repositories;
  readonly cluster: Cluster;
  /** The cluster key that must work; undefined = none is known. */
  readonly apiKeyId: string | undefined;
  /** True when something accepts connections at host:port. */
  readonly isListening: (endpoint: string) => Promise<boolean>;
  readonly clock: Clock;
  readonly timers: Timers;
  /** Told each new step in words. */
  readonly onStep: (step: string) => void;
  /** Ends the wait early. */
  readonly signal: AbortSignal;
}

/**
 * Waits until the cluster serves at its latest generation, its key is known to its brokers and its
 * topics exist. Answers it, or undefined when it failed, vanished or took too long.
 */
export async function awaitCluster(awaited: AwaitedCluster): Promise<Cluster | undefined> {
  const { clock, cluster, repositories, signal } = awaited;
  const endMs = clock.monotonicMs() + READY_MAX_MS;
  let told: string | undefined;
  while (!signal.aborted && clock.monotonicMs() < endMs) {
    const current = await repositories.clusters.find(cluster.organizationId, cluster.id);
    if (current === undefined || current.isDeleting || current.phase === 'FAILED') return undefined;
    const step = await nextStep(awaited, current);
    if (step === undefined) return current;
    if (step !== told) awaited.onStep(step);
    told = step;
    await pause(awaited.timers);
  }
  return undefined;
}

async function nextStep(awaited: AwaitedCluster, current: Cluster): Promise<string | undefined> {
  const { apiKeyId } = awaited;
  const { apiKeys, clusters } = awaited.repositories;
  const { bootstrapEndpoint: endpoint } = current;
  if (endpoint === undefined) return 'choosing ports';
  // After an orderly stop the row still says what was true then: the port tells of now.
  if (current.phase !== 'PROVISIONED' || !(await awaited.isListening(endpoint)))
    return 'starting the broker';
  if (apiKeyId !== undefined && !(await apiKeys.isPushed(apiKeyId)))
    return 'handing the API key to the broker';
  if (!(await clusters.hasTopics(current.id))) return 'creating the topic';
  return current.isStable && current.observedGeneration >= current.generation
    ? undefined
    : 'settling';
}

function pause(timers: Timers): Promise<void> {
  return new Promise((resolve) => void timers.after(POLL_MS, resolve));
}

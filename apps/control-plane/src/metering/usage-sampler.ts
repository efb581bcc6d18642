import { clusterUsage, hourRowsOf, meter, type Usage } from '@weirhouse/cloud-plan';
import type { Clock, Log, Timers } from '@weirhouse/shared-kernel';
import { inScope } from '../observability/op-scope.ts';
import type { Fence } from '../reconcile/lease.repository.ts';
import type { ReadUsage } from './broker-usage.ts';
import type { MeteringProbe } from './metering-probe.ts';
import type { MeteredCluster, MeteringState, UsageRepository } from './usage.repository.ts';

const MINUTE_MS = 60_000;
/** After the start of a minute, so that its usage is what came before it. */
const OFFSET_MS = 1_000;
/** Clusters that are asked at the same time: a slow one holds up nobody else. */
const SAMPLES_AT_ONCE = 8;

export interface UsageSamplerOptions {
  readonly usage: UsageRepository;
  readonly read: ReadUsage;
  /** The proof that this process may work on a cluster; undefined = it is for others. */
  readonly fenceOf: (clusterId: string) => Fence | undefined;
  readonly dataPlaneId: string;
  /** The platform's own user on brokers: its use is nobody's. */
  readonly platformUser: string;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly log: Log;
  readonly probe: MeteringProbe;
}

/**
 * Asks the brokers of this process's clusters each minute what was used, and writes what is new. Killed at
 * any point it loses and doubles nothing: a minute and what it was metered from are one transaction, and who
 * has read an older state writes nothing.
 */
export class UsageSampler {
  readonly #options: UsageSamplerOptions;
  #cancelTimer: (() => void) | undefined;
  #running: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(options: UsageSamplerOptions) {
    this.#options = options;
  }

  /** Begins with the next minute. */
  start(): void {
    const { clock, timers } = this.#options;
    if (this.#isStopped) return;
    const delayMs = MINUTE_MS - (clock.wallMs() % MINUTE_MS) + OFFSET_MS;
    this.#cancelTimer = timers.after(delayMs, () => {
      this.#running = this.sampleAll().finally(() => this.start());
    });
  }

  /** Samples a last time, for brokers may end with this process; then no more. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelTimer?.();
    await this.#running;
    await this.sampleAll({ isLast: true });
  }

  /** Samples every cluster of this process once. Never rejects: what fails is in the next sample. */
  async sampleAll({ isLast = false } = {}): Promise<void> {
    const { clock, dataPlaneId, log, probe, usage } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      let after = '';
      for (;;) {
        const clusters = await inScope({ requestId: 'metering' }, () =>
          usage.listMetered(dataPlaneId, after),
        );
        const last = clusters.at(-1);
        if (last === undefined) break;
        after = last.clusterId;
        await this.#sampleSome(clusters, isLast);
      }
    } catch (error) {
      log.warn({ error }, 'usage could not be metered');
    }
    probe.onPass(clock.monotonicMs() - startedMs);
  }

  async #sampleSome(clusters: readonly MeteredCluster[], isLast: boolean): Promise<void> {
    const waiting = clusters.values();
    const work = async (): Promise<void> => {
      for (const cluster of waiting) await this.#try(cluster, isLast);
    };
    await Promise.all(Array.from({ length: SAMPLES_AT_ONCE }, work));
  }

  async #try(cluster: MeteredCluster, isLast: boolean): Promise<void> {
    const { fenceOf, log, probe } = this.#options;
    const { clusterId } = cluster;
    const fence = fenceOf(clusterId);
    if (fence === undefined || cluster.brokers.length === 0) return;
    try {
      const scope = { requestId: 'metering', clusterId };
      probe.onSample(await inScope(scope, () => this.#sample(cluster, fence, isLast)));
    } catch (error) {
      probe.onSample('failed');
      log.warn({ clusterId, error }, 'usage of a cluster could not be metered');
    }
  }

  /** The state is read before the brokers are: reports are never older than what was metered. */
  async #sample(
    cluster: MeteredCluster,
    fence: Fence,
    isLast: boolean,
  ): Promise<'metered' | 'silent' | 'early' | 'overtaken'> {
    const { clock, log, usage } = this.#options;
    const state = await usage.findState(cluster.clusterId);
    const nowMs = clock.wallMs();
    const thisMs = nowMs - (nowMs % MINUTE_MS);
    // The last sample may come in a minute that is metered already: it counts as the next one.
    const minuteMs = isLast ? Math.max(thisMs, state.minuteMs + MINUTE_MS) : thisMs;
    if (minuteMs <= state.minuteMs) return 'early';
    const { memory, silent, usages } = await this.#ask(cluster, state);
    if (silent.length > 0)
      log.info({ clusterId: cluster.clusterId, silent }, 'brokers did not tell their usage');
    if (usages.length === 0) return 'silent';
    const total = clusterUsage(usages, cluster.cku);
    const isWritten = await usage.record(fence, {
      cluster,
      state: { revision: state.revision + 1, minuteMs, memory },
      usage: total,
      hourRows: hourRowsOf(total),
    });
    return isWritten ? 'metered' : 'overtaken';
  }

  /** What brokers say; of those that are silent what was known of them stays. */
  async #ask(
    { brokers }: MeteredCluster,
    state: MeteringState,
  ): Promise<{
    readonly memory: MeteringState['memory'];
    readonly usages: readonly Usage[];
    readonly silent: readonly number[];
  }> {
    const { platformUser, read } = this.#options;
    const memory: Record<string, MeteringState['memory'][string]> = {};
    const usages: Usage[] = [];
    const silent: number[] = [];
    const asked = brokers.map(async (broker) => {
      const before = state.memory[broker.nodeId];
      try {
        const metered = meter(before, await read(broker), platformUser);
        memory[broker.nodeId] = metered.memory;
        usages.push(metered.usage);
      } catch {
        silent.push(broker.nodeId);
        if (before !== undefined) memory[broker.nodeId] = before;
      }
    });
    await Promise.all(asked);
    return { memory, usages, silent };
  }
}

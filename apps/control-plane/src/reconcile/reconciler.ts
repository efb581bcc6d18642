import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import { inScope } from '../observability/op-scope.ts';
import { traced } from '../observability/spans.ts';
import type { Provisioner } from '../provisioner/provisioner.ts';
import type { MasterKey } from '../secrets/master-key.ts';
import type { OpenClusterAdmin } from './cluster-admin.ts';
import { ClusterReconciler } from './cluster-reconciler.ts';
import { ClusterStateRepository } from './cluster-state.repository.ts';
import { NO_CRASH, type CrashHook } from './crash-points.ts';
import { KafkaClusterAdmin } from './kafka-cluster-admin.ts';
import { LeaseRepository, type Fence } from './lease.repository.ts';
import { RESYNC_JITTER, RESYNC_MS, RESYNC_SPACING_MS, STOP_MAX_MS } from './limits.ts';
import { OperationsRepository } from './operations.repository.ts';
import { OutboxReader } from './outbox-reader.ts';
import { NO_PROBE, type ReconcileProbe } from './probe.ts';
import { LEASE_TIMES, ShardLeases, type LeaseTimes } from './shard-leases.ts';
import { shardOf } from './shards.ts';
import { WorkQueue } from './work-queue.ts';
import { within } from '../within.ts';

export interface ReconcilerOptions {
  readonly database: Database;
  readonly masterKey: MasterKey;
  readonly provisioner: Provisioner;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** Names the place whose brokers the provisioner runs. */
  readonly dataPlaneId: string;
  /** True for an embedded database: no other process can be alive. */
  readonly takeOver: boolean;
  readonly leaseTimes?: LeaseTimes;
  /** Calls its argument after commits in this process; returns the function that ends that. */
  readonly onCommit?: (listener: () => void) => () => void;
  readonly openAdmin?: OpenClusterAdmin;
  readonly onPoint?: CrashHook;
  readonly probe?: ReconcileProbe;
}

const HOLDER_BYTES = 16;
/** Random bytes of the id of one look at one cluster. */
const PASS_ID_BYTES = 8;

/**
 * The loop that makes clusters what people want. It is woken by the outbox, by the provisioner and
 * by time; it carries ids only and reads everything afresh. Processes on one database share the
 * clusters by shards: each works on those whose lease it holds, and on no others.
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #states: ClusterStateRepository;
  readonly #clusters: ClusterReconciler;
  readonly #leases: ShardLeases;
  readonly #queue: WorkQueue;
  readonly #outbox: OutboxReader;
  readonly #probe: ReconcileProbe;
  readonly #unsubscribe: (() => void)[] = [];
  #isStopping = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { database, dataPlaneId, log, masterKey, random, takeOver, timers } = options;
    this.#probe = options.probe ?? NO_PROBE;
    this.#states = new ClusterStateRepository(database, masterKey);
    this.#clusters = new ClusterReconciler({
      ...options,
      states: this.#states,
      operations: new OperationsRepository(database),
      openAdmin: options.openAdmin ?? ((access) => new KafkaClusterAdmin(access)),
      onPoint: options.onPoint ?? NO_CRASH,
      probe: this.#probe,
      isStopping: () => this.#isStopping,
    });
    this.#queue = new WorkQueue({ ...options, handle: (clusterId) => this.#work(clusterId) });
    this.#probe.watchQueue(this.#queue);
    this.#outbox = new OutboxReader({
      database,
      dataPlaneId,
      timers,
      log,
      fenceOf: (clusterId) => this.fenceOf(clusterId),
      onCluster: (clusterId) => this.#queue.add(clusterId),
    });
    this.#leases = new ShardLeases({
      lease: new LeaseRepository(database),
      dataPlaneId,
      holder: random.bytes(HOLDER_BYTES).toString('hex'),
      takeOver,
      times: options.leaseTimes ?? LEASE_TIMES,
      timers,
      log,
      onGained: (shards) => this.#begin(shards),
      onLost: (shards) => this.#end(shards),
    });
  }

  /** Begins to work or to wait for work; resolves after the first look for shards. */
  async start(): Promise<void> {
    const { onCommit, provisioner } = this.#options;
    this.#unsubscribe.push(provisioner.onChange((clusterId) => this.#add(clusterId)));
    const unsubscribe = onCommit?.(() => this.#outbox.wake());
    if (unsubscribe) this.#unsubscribe.push(unsubscribe);
    await this.#leases.start();
    this.#outbox.wake();
  }

  /**
   * Ends the work in hand between two steps and gives the shards back. Brokers go on serving. A step that does not
   * end in time is left: what it does is done again by who looks at the cluster next.
   */
  async stop(maxMs = STOP_MAX_MS): Promise<{ readonly areOthersAlive: boolean }> {
    const { log, takeOver, timers } = this.#options;
    this.#isStopping = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    const ended = await within(timers, maxMs, this.#endWork());
    this.#clusters.close();
    if (ended !== undefined) return ended;
    log.warn({ maxMs }, 'a step did not end in time; its leases run out by themselves');
    return { areOthersAlive: !takeOver };
  }

  /** How long nothing has moved that should have. */
  get stalledMs(): number {
    return this.#queue.stalledMs;
  }

  /** The proof that this process may work on a cluster now; undefined = it may not. */
  fenceOf(clusterId: string): Fence | undefined {
    return this.#leases.fenceOf(shardOf(clusterId));
  }

  /** Shards this process works on. */
  get shardCount(): number {
    return this.#leases.heldCount;
  }

  async #endWork(): Promise<{ readonly areOthersAlive: boolean }> {
    await this.#outbox.stop();
    const ended = await this.#leases.stop();
    await this.#queue.stop();
    return ended;
  }

  #add(clusterId: string): void {
    if (this.fenceOf(clusterId)) this.#queue.add(clusterId);
  }

  #begin(shards: ReadonlySet<number>): void {
    this.#probe.onShards(this.#leases.heldCount);
    this.#outbox.wake();
    void this.#addAll(shards);
  }

  async #end(shards: ReadonlySet<number>): Promise<void> {
    this.#probe.onShards(this.#leases.heldCount);
    await this.#queue.drain((clusterId) => shards.has(shardOf(clusterId)));
  }

  /** Every cluster of new shards is looked at: what happened in between left no other trace. */
  async #addAll(shards: ReadonlySet<number>): Promise<void> {
    const { dataPlaneId, log, timers } = this.#options;
    try {
      for (const clusterId of await this.#states.listIds(dataPlaneId))
        if (shards.has(shardOf(clusterId))) this.#add(clusterId);
    } catch (error) {
      log.error({ error }, 'clusters could not be listed');
      timers.after(RESYNC_MS * RESYNC_JITTER, () => {
        const held = [...shards].filter((shard) => this.#leases.fenceOf(shard) !== undefined);
        if (held.length > 0) void this.#addAll(new Set(held));
      });
    }
  }

  async #work(clusterId: string): Promise<number | undefined> {
    const fence = this.fenceOf(clusterId);
    if (fence === undefined) return undefined;
    const requestId = `pass-${this.#options.random.bytes(PASS_ID_BYTES).toString('hex')}`;
    const attributes = { 'weirhouse.cluster_id': clusterId };
    const { exists, requeueAfterMs } = await inScope({ requestId, clusterId }, () =>
      traced({ name: 'reconcile', kind: 'internal', attributes }, () =>
        this.#clusters.reconcile(clusterId, fence),
      ),
    );
    if (!exists) return undefined;
    return requeueAfterMs ?? this.#resyncMs();
  }

  #resyncMs(): number {
    const everyMs = Math.max(RESYNC_MS, this.#queue.depth * RESYNC_SPACING_MS);
    const spreadMs = everyMs * RESYNC_JITTER;
    return everyMs - spreadMs + this.#options.random.below(2 * spreadMs);
  }
}

import type { Clock, Log, Random, Timers } from '@weirhouse/shared-kernel';
import type { Database } from '../database/database.ts';
import type { Provisioner } from '../provisioner/provisioner.ts';
import type { MasterKey } from '../secrets/master-key.ts';
import type { OpenClusterAdmin } from './cluster-admin.ts';
import { ClusterReconciler } from './cluster-reconciler.ts';
import { ClusterStateRepository } from './cluster-state.repository.ts';
import { NO_CRASH, type CrashHook } from './crash-points.ts';
import { KafkaClusterAdmin } from './kafka-cluster-admin.ts';
import { Leadership } from './leadership.ts';
import { LeaseRepository, type Fence } from './lease.repository.ts';
import { RESYNC_JITTER, RESYNC_MS } from './limits.ts';
import { OperationsRepository } from './operations.repository.ts';
import { OutboxReader } from './outbox-reader.ts';
import { NO_PROBE, type ReconcileProbe } from './probe.ts';
import { WorkQueue } from './work-queue.ts';

export interface ReconcilerOptions {
  readonly database: Database;
  readonly masterKey: MasterKey;
  readonly provisioner: Provisioner;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  /** True for an embedded database: no other process can be the leader. */
  readonly takeOver: boolean;
  /** Calls its argument after commits in this process; returns the function that ends that. */
  readonly onCommit?: (listener: () => void) => () => void;
  readonly openAdmin?: OpenClusterAdmin;
  readonly onPoint?: CrashHook;
  readonly probe?: ReconcileProbe;
}

/** The lease that all reconcilers of a database share. */
const LEASE_NAME = 'reconciler';

const HOLDER_BYTES = 16;

/** What exists only while this process leads. */
interface Term {
  readonly fence: Fence;
  readonly queue: WorkQueue;
  readonly outbox: OutboxReader;
}

/**
 * The loop that makes clusters what people want. It is woken by the outbox, by the provisioner and
 * by time; it carries ids only and reads everything afresh.
 *
 * | state    | meaning                          | next                                   |
 * |----------|----------------------------------|----------------------------------------|
 * | follower | another process leads            | leader, stopped                        |
 * | leader   | a term: queue and outbox reader  | follower (lease lost), stopped         |
 * | stopped  | nothing runs                     | -                                      |
 */
export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #states: ClusterStateRepository;
  readonly #clusters: ClusterReconciler;
  readonly #leadership: Leadership;
  readonly #probe: ReconcileProbe;
  readonly #unsubscribe: (() => void)[] = [];
  #term: Term | undefined;
  #ending: Promise<unknown> = Promise.resolve();

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    const { database, masterKey, random, timers, log } = options;
    this.#probe = options.probe ?? NO_PROBE;
    this.#states = new ClusterStateRepository(database, masterKey);
    this.#clusters = new ClusterReconciler({
      ...options,
      states: this.#states,
      operations: new OperationsRepository(database),
      openAdmin: options.openAdmin ?? ((access) => new KafkaClusterAdmin(access)),
      onPoint: options.onPoint ?? NO_CRASH,
      probe: this.#probe,
    });
    this.#leadership = new Leadership({
      lease: new LeaseRepository(database),
      name: LEASE_NAME,
      holder: random.bytes(HOLDER_BYTES).toString('hex'),
      takeOver: options.takeOver,
      timers,
      log,
      onGained: (fence) => this.#beginTerm(fence),
      onLost: () => this.#endTerm(),
    });
  }

  /** Begins to lead or to wait for leadership; resolves after the first try. */
  async start(): Promise<void> {
    const { provisioner, onCommit } = this.#options;
    this.#unsubscribe.push(provisioner.onChange((clusterId) => this.#term?.queue.add(clusterId)));
    const unsubscribe = onCommit?.(() => this.#term?.outbox.wake());
    if (unsubscribe) this.#unsubscribe.push(unsubscribe);
    await this.#leadership.start();
  }

  /** Ends the work in hand, then gives leadership back. Brokers go on serving. */
  async stop(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#endTerm();
    await this.#ending;
    await this.#leadership.stop();
    this.#endTerm();
    await this.#ending;
    this.#clusters.close();
  }

  get leads(): boolean {
    return this.#term !== undefined;
  }

  #beginTerm(fence: Fence): void {
    const { database, timers, log } = this.#options;
    const queue = new WorkQueue({
      ...this.#options,
      handle: (clusterId) => this.#work(clusterId, fence, queue),
    });
    const onCluster = (clusterId: string): boolean => queue.add(clusterId);
    const outbox = new OutboxReader({ database, timers, log, onCluster }, fence);
    this.#term = { fence, queue, outbox };
    this.#probe.onLeader(true);
    outbox.wake();
    void this.#addAll(queue);
  }

  #endTerm(): void {
    const term = this.#term;
    if (!term) return;
    this.#term = undefined;
    this.#probe.onLeader(false);
    this.#ending = Promise.all([this.#ending, term.queue.stop(), term.outbox.stop()]);
  }

  /** A new leader looks at every cluster: what happened in between left no other trace. */
  async #addAll(queue: WorkQueue): Promise<void> {
    try {
      for (const clusterId of await this.#states.listIds()) queue.add(clusterId);
    } catch (error) {
      this.#options.log.error({ error }, 'clusters could not be listed');
      if (this.#term?.queue === queue)
        this.#options.timers.after(RESYNC_MS * RESYNC_JITTER, () => {
          if (this.#term?.queue === queue) void this.#addAll(queue);
        });
    }
  }

  async #work(clusterId: string, fence: Fence, queue: WorkQueue): Promise<number | undefined> {
    this.#probe.onQueue(queue.depth);
    const { exists, requeueAfterMs } = await this.#clusters.reconcile(clusterId, fence);
    if (!exists) return undefined;
    return requeueAfterMs ?? this.#resyncMs();
  }

  #resyncMs(): number {
    const spreadMs = RESYNC_MS * RESYNC_JITTER;
    return RESYNC_MS - spreadMs + this.#options.random.below(2 * spreadMs);
  }
}

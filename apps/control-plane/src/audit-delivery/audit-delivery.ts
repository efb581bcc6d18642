import {
  isAppError,
  type Clock,
  type Log,
  type Random,
  type Timers,
} from '@weirhouse/shared-kernel';
import type { KafkaAccess } from '../kafka-rest/kafka-access.repository.ts';
import { inScope } from '../observability/op-scope.ts';
import type { Fence } from '../reconcile/lease.repository.ts';
import { WorkQueue } from '../reconcile/work-queue.ts';
import type { AuditDeliveryRepository, AuditDestination } from './audit-delivery.repository.ts';
import type { AuditTopic, OpenAuditTopic } from './audit-topic.ts';
import type { DeliveryProbe } from './delivery-probe.ts';

/** How often waiting events are looked for without being woken: a wake-up may be lost. */
const POLL_MS = 2_000;
/** How long at least lies between two looks: commits come faster than that. */
const LOOK_GAP_MS = 100;
/** Events read from the database at once; a batch holds as many of them as fit. */
const PENDING_ROWS = 500;
/** First and longest pause after failed tries. */
const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 30_000;
/** How long a topic stays open without work. */
const IDLE_MAX_MS = 60_000;
/** Random bytes of the id of one round of work. */
const ROUND_ID_BYTES = 8;

export interface AuditDeliveryOptions {
  readonly repository: AuditDeliveryRepository;
  /** Names the place whose brokers this process reaches. */
  readonly dataPlaneId: string;
  /** The proof that this process may work on a cluster; undefined = others do. */
  readonly fenceOf: (clusterId: string) => Fence | undefined;
  /** How a cluster is reached; undefined = it is gone. */
  readonly findAccess: (destination: AuditDestination) => Promise<KafkaAccess | undefined>;
  readonly openTopic: OpenAuditTopic;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Log;
  readonly probe: DeliveryProbe;
}

interface Session {
  /** Under another one somebody else may have written meanwhile. */
  readonly fence: Fence;
  readonly topic: AuditTopic;
  usedAtMs: number;
}

interface Trouble {
  readonly failures: number;
  readonly retryAtMs: number;
}

/**
 * Brings audit events to the topics of their organizations, each once and in order. What waits is in
 * the database, written with the event itself. Whoever delivers first shuts out every other writer
 * (Kafka's transactions), then reads what the topic has got since the last note in the database and
 * notes that, and only then writes what still waits. So neither an end of this process nor of the
 * broker at any point loses an event or writes it twice.
 *
 * | session | meaning                              | next                                          |
 * |---------|--------------------------------------|-----------------------------------------------|
 * | none    | the topic's end is not known         | open (shut others out, read, note)            |
 * | open    | nobody else writes; the end is known | open (batch written, noted), none (any failure, idle, shard lost) |
 */
export class AuditDelivery {
  readonly #options: AuditDeliveryOptions;
  readonly #queue: WorkQueue;
  readonly #destinations = new Map<string, AuditDestination>();
  readonly #sessions = new Map<string, Session>();
  readonly #troubles = new Map<string, Trouble>();
  #cancelTimer: (() => void) | undefined;
  #looking: Promise<void> | undefined;
  #lookedAtMs = Number.NEGATIVE_INFINITY;
  #wokenMeanwhile = false;
  #stopped = false;

  constructor(options: AuditDeliveryOptions) {
    this.#options = options;
    this.#queue = new WorkQueue({ ...options, handle: (clusterId) => this.#work(clusterId) });
  }

  /** Looks for waiting events soon; called after commits in this process and by its own timer. */
  wake(): void {
    if (this.#stopped) return;
    if (this.#looking) this.#wokenMeanwhile = true;
    else this.#lookIn(this.#lookedAtMs + LOOK_GAP_MS - this.#options.clock.monotonicMs());
  }

  /** Ends the work in hand; what waits is delivered by the next start. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancelTimer?.();
    await this.#looking;
    await this.#queue.stop();
    for (const clusterId of this.#sessions.keys()) this.#close(clusterId);
  }

  #lookIn(delayMs: number): void {
    this.#cancelTimer?.();
    this.#cancelTimer = this.#options.timers.after(Math.max(0, delayMs), () => {
      this.#looking = this.#look().finally(() => {
        this.#looking = undefined;
        this.#lookedAtMs = this.#options.clock.monotonicMs();
        if (!this.#stopped) this.#lookIn(this.#wokenMeanwhile ? LOOK_GAP_MS : POLL_MS);
        this.#wokenMeanwhile = false;
      });
    });
  }

  async #look(): Promise<void> {
    const { clock, dataPlaneId, fenceOf, log, repository } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const [clusterId, { usedAtMs }] of this.#sessions)
      if (nowMs - usedAtMs > IDLE_MAX_MS || !fenceOf(clusterId)) this.#close(clusterId);
    try {
      for (const destination of await repository.listWaiting(dataPlaneId)) {
        const { clusterId } = destination;
        if ((this.#troubles.get(clusterId)?.retryAtMs ?? 0) > nowMs) continue;
        this.#destinations.set(clusterId, destination);
        if (fenceOf(clusterId)) this.#queue.add(clusterId);
      }
    } catch (error) {
      log.warn({ error }, 'waiting audit events could not be looked for');
    }
  }

  async #work(clusterId: string): Promise<undefined> {
    const destination = this.#destinations.get(clusterId);
    const fence = this.#options.fenceOf(clusterId);
    if (destination === undefined || fence === undefined) return;
    const requestId = `audit-${this.#options.random.bytes(ROUND_ID_BYTES).toString('hex')}`;
    await inScope({ requestId, clusterId }, async () => {
      try {
        await this.#deliver(destination, fence);
        this.#troubles.delete(clusterId);
      } catch (error) {
        this.#close(clusterId);
        await this.#noteTrouble(destination, fence, error);
      }
    });
  }

  async #deliver(destination: AuditDestination, fence: Fence): Promise<void> {
    const { clock, fenceOf, probe, repository } = this.#options;
    const { clusterId } = destination;
    const session = await this.#sessionOf(destination, fence);
    if (session === undefined) return;
    while (!this.#stopped && fenceOf(clusterId) === fence) {
      const events = await repository.listPending(destination, PENDING_ROWS);
      if (events.length === 0) return;
      const { endOffset, written } = await session.topic.write(events);
      const eventIds = events.slice(0, written).map(({ id }) => id);
      await repository.settle(fence, destination, { eventIds, endOffset, nowMs: clock.wallMs() });
      session.usedAtMs = clock.monotonicMs();
      probe.onDelivered(written);
    }
  }

  async #sessionOf(destination: AuditDestination, fence: Fence): Promise<Session | undefined> {
    const { clock, findAccess, openTopic } = this.#options;
    const { clusterId } = destination;
    const known = this.#sessions.get(clusterId);
    if (known?.fence === fence) return known;
    this.#close(clusterId);
    const access = await findAccess(destination);
    if (access === undefined || access.bootstrap.length === 0) return undefined;
    const session = { fence, topic: openTopic(access), usedAtMs: clock.monotonicMs() };
    this.#sessions.set(clusterId, session);
    const isReady = await this.#begin(session.topic, destination, fence);
    if (isReady) return session;
    this.#close(clusterId);
    return undefined;
  }

  /** False when the events go elsewhere by now. */
  async #begin(topic: AuditTopic, destination: AuditDestination, fence: Fence): Promise<boolean> {
    const { clock, repository } = this.#options;
    const known = await repository.findTopic(destination);
    if (known === undefined) return false;
    const found = await topic.ensure({ isKnown: known.isMade });
    if (found === 'made') await repository.markMade(fence, destination.clusterId, clock.wallMs());
    await topic.begin();
    let offset = found === 'made' ? 0 : known.endOffset;
    for (;;) {
      const { eventIds, isEnd, nextOffset } = await topic.readIds(offset);
      if (nextOffset !== offset || eventIds.length > 0) {
        const nowMs = clock.wallMs();
        await repository.settle(fence, destination, { eventIds, endOffset: nextOffset, nowMs });
      }
      if (isEnd) return true;
      offset = nextOffset;
    }
  }

  #close(clusterId: string): void {
    this.#sessions.get(clusterId)?.topic.close();
    this.#sessions.delete(clusterId);
  }

  async #noteTrouble(destination: AuditDestination, fence: Fence, error: unknown): Promise<void> {
    const { clock, log, probe, random, repository } = this.#options;
    const { clusterId } = destination;
    const failures = (this.#troubles.get(clusterId)?.failures ?? 0) + 1;
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_FIRST_MS * 2 ** Math.min(failures - 1, 10));
    const delayMs = Math.ceil(ceilingMs / 2) + random.below(ceilingMs);
    this.#troubles.set(clusterId, { failures, retryAtMs: clock.monotonicMs() + delayMs });
    probe.onFailed();
    log.warn({ failures, delayMs, error }, 'audit events could not be delivered');
    const failure = isAppError(error) ? error.message : 'internal error';
    await repository.noteFailure(fence, destination, failure).catch((cause: unknown) => {
      log.warn({ error: cause }, 'that audit events wait could not be noted');
    });
  }
}

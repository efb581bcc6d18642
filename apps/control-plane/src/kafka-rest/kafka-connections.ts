import { Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AdminClient } from '@weirhouse/kafka-client';
import { AppError } from '@weirhouse/shared-kernel';
import { systemTimers } from '../ports.ts';
import { brokerCalls } from '../observability/broker-calls.ts';
import type { KafkaAccess } from './kafka-access.repository.ts';

/** Most clients of all clusters together; each has a connection to every broker that it needs. */
const CLIENTS_MAX = 512;
/** Most clients of one cluster, so that one cluster's callers leave room for the others'. */
const CLIENTS_PER_CLUSTER_MAX = 64;
/** How long a client may be idle before its connections are closed. */
const IDLE_MAX_MS = 60_000;
/** How long connecting and logging in may take: a broker that is down is told soon. */
const CONNECT_TIMEOUT_MS = 3_000;
/** How long a broker may take to answer. */
const REQUEST_TIMEOUT_MS = 15_000;
/** How long a caller waits for its quotas: longer ones are told when to come again. */
const HOLD_MAX_MS = 2_000;

/** For whom a client acts. */
export interface ClientCaller {
  /** As `User:sa-abc`. */
  readonly principal: string;
  /** The address that ACLs about hosts are held against. */
  readonly host: string | undefined;
}

interface Entry {
  readonly key: string;
  readonly clusterId: string;
  readonly client: AdminClient;
  users: number;
  idleSinceMs: number;
}

/**
 * Kafka clients by cluster and caller, kept for a while after use. The platform logs in and acts as
 * the caller, so the broker decides as it does for the caller's own connections.
 */
@Injectable()
export class KafkaConnections implements OnModuleDestroy {
  /** The least recently used one first. */
  readonly #entries = new Map<string, Entry>();
  #cancelSweep: (() => void) | undefined;
  #isClosed = false;

  /** Runs `work` with a client that stays open meanwhile. Throws `unavailable` when too many are in use. */
  async use<T>(
    access: KafkaAccess,
    caller: ClientCaller,
    work: (client: AdminClient) => Promise<T>,
  ): Promise<T> {
    const entry = this.#acquire(access, caller);
    try {
      return await work(entry.client);
    } finally {
      entry.users -= 1;
      entry.idleSinceMs = performance.now();
      this.#planSweep();
    }
  }

  onModuleDestroy(): void {
    this.#isClosed = true;
    this.#cancelSweep?.();
    for (const entry of this.#entries.values()) entry.client.close();
    this.#entries.clear();
  }

  #acquire(access: KafkaAccess, caller: ClientCaller): Entry {
    if (this.#isClosed) throw new AppError('unavailable', 'The control plane is stopping.');
    const key = keyOf(access, caller);
    const entry = this.#entries.get(key) ?? this.#open(key, access, caller);
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users += 1;
    return entry;
  }

  #open(key: string, access: KafkaAccess, { host, principal }: ClientCaller): Entry {
    this.#makeRoom(access.clusterId);
    const { bootstrap, clusterId, password, username } = access;
    const client = new AdminClient({
      bootstrap,
      clientId: 'weirhouse-rest',
      onRequest: brokerCalls('weirhouse-rest'),
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      requestTimeoutMs: REQUEST_TIMEOUT_MS,
      holdMaxMs: HOLD_MAX_MS,
      sasl: { mechanism: 'SCRAM-SHA-512', username, password, actAs: { principal, host } },
    });
    return { key, clusterId, client, users: 0, idleSinceMs: performance.now() };
  }

  #makeRoom(clusterId: string): void {
    const siblings = [...this.#entries.values()].filter((entry) => entry.clusterId === clusterId);
    if (siblings.length >= CLIENTS_PER_CLUSTER_MAX) this.#closeOldest(siblings);
    if (this.#entries.size >= CLIENTS_MAX) this.#closeOldest([...this.#entries.values()]);
  }

  #closeOldest(candidates: readonly Entry[]): void {
    const idle = candidates.find(({ users }) => users === 0);
    if (idle === undefined)
      throw new AppError('unavailable', 'Too many callers use this cluster right now: try again.');
    this.#close(idle);
  }

  #close(entry: Entry): void {
    this.#entries.delete(entry.key);
    entry.client.close();
  }

  #planSweep(): void {
    this.#cancelSweep ??= systemTimers.after(IDLE_MAX_MS, () => this.#sweep());
  }

  #sweep(): void {
    this.#cancelSweep = undefined;
    const latestMs = performance.now() - IDLE_MAX_MS;
    for (const entry of this.#entries.values())
      if (entry.users === 0 && entry.idleSinceMs <= latestMs) this.#close(entry);
    if (this.#entries.size > 0) this.#planSweep();
  }
}

/** A new password or a moved broker makes another client. */
function keyOf(access: KafkaAccess, { host, principal }: ClientCaller): string {
  const brokers = access.bootstrap.map((broker) => `${broker.host}:${broker.port}`).join(',');
  return JSON.stringify([access.clusterId, brokers, access.password.reveal(), principal, host]);
}

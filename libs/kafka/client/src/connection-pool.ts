import type tls from 'node:tls';
import { AppError } from '@weirhouse/shared-kernel';
import { Connection, type OnRequest } from './connection.ts';
import { SESSION_LIFE_SHARE } from './limits.ts';
import { authenticate, type SaslCredentials } from './sasl.ts';

/** Where a broker listens. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
}

/** How a client reaches a cluster and as whom. */
export interface ClientOptions {
  /** At least one; any of them may be asked first. */
  readonly bootstrap: readonly BrokerAddress[];
  readonly clientId: string;
  /** Absent = no authentication. */
  readonly sasl?: SaslCredentials;
  /** Absent = plain text. */
  readonly tls?: tls.ConnectionOptions;
  readonly connectTimeoutMs?: number;
  readonly requestTimeoutMs?: number;
  /** How long a request waits at most while a broker holds the client back; without limit when absent. */
  readonly holdMaxMs?: number;
  readonly onRequest?: OnRequest;
}

interface Entry {
  readonly opening: Promise<Connection>;
  /** Set once it is open; `performance.now()` after which a new connection is made. */
  expiresAtMs: number;
  connection: Connection | undefined;
}

/** One logged-in connection per address, made when it is first needed and again after a loss. */
export class ConnectionPool {
  readonly #options: ClientOptions;
  readonly #entries = new Map<string, Entry>();
  #closed = false;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** An open connection to `address`. Rejects with `unavailable`, `timeout` or `unauthenticated`. */
  async get(address: BrokerAddress): Promise<Connection> {
    if (this.#closed) throw new AppError('unavailable', 'the Kafka client was closed');
    const key = `${address.host}:${address.port}`;
    const known = this.#entries.get(key);
    if (known && isUsable(known)) return known.opening;
    known?.connection?.close();
    const entry: Entry = {
      opening: this.#open(address, (connection, lifeMs) => {
        entry.connection = connection;
        entry.expiresAtMs = performance.now() + lifeMs;
      }),
      expiresAtMs: Number.POSITIVE_INFINITY,
      connection: undefined,
    };
    this.#entries.set(key, entry);
    try {
      return await entry.opening;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
  }

  /** A connection to the first bootstrap address that answers. Rejects with the last failure. */
  async any(): Promise<Connection> {
    let failure: unknown = new AppError('invalid_argument', 'no bootstrap address was given');
    for (const address of this.#options.bootstrap) {
      try {
        return await this.get(address);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  /** For how long some broker goes on holding the client back for its quotas; 0 = none does. */
  get heldBackMs(): number {
    const connections = [...this.#entries.values()].map(({ connection }) => connection);
    return Math.max(0, ...connections.map((connection) => connection?.heldBackMs ?? 0));
  }

  /** Closes every connection; one that is being made is closed as soon as it is open. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.connection?.close();
    this.#entries.clear();
  }

  async #open(
    address: BrokerAddress,
    onOpen: (connection: Connection, lifeMs: number) => void,
  ): Promise<Connection> {
    const { clientId, sasl, connectTimeoutMs, requestTimeoutMs, holdMaxMs, onRequest } =
      this.#options;
    const connection = await Connection.open({
      ...address,
      clientId,
      tls: this.#options.tls,
      connectTimeoutMs,
      requestTimeoutMs,
      holdMaxMs,
      onRequest,
    });
    try {
      const sessionMs = sasl ? await authenticate(connection, sasl) : 0;
      if (this.#closed) throw new AppError('unavailable', 'the Kafka client was closed');
      onOpen(connection, sessionMs > 0 ? sessionMs * SESSION_LIFE_SHARE : Number.POSITIVE_INFINITY);
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }
}

function isUsable(entry: Entry): boolean {
  if (!entry.connection) return true;
  return entry.connection.isOpen && performance.now() < entry.expiresAtMs;
}

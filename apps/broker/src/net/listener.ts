import { readFileSync } from 'node:fs';
import {
  createServer as createPlainServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { Broker } from '@weirhouse/broker-core';
import { AppError } from '@weirhouse/shared-kernel';
import type { ListenerAddress } from '../config.ts';
import { Connection } from './connection.ts';

export interface ListenerOptions {
  readonly address: ListenerAddress;
  readonly tls?: { readonly certificateFile: string; readonly keyFile: string };
  readonly connectionsMax: number;
  readonly connectionsPerAddressMax: number;
  readonly idleMs: number;
}

/** How often idle connections are looked for. */
const SWEEP_MS = 1000;
/** Pending connections the kernel queues: enough for a fleet that reconnects at once. */
const BACKLOG = 1024;
/** Time a client has for the TLS handshake. */
const TLS_HANDSHAKE_MS_MAX = 10_000;

/**
 * One listening address with its connections and their limits. The port is opened first, so that a start
 * that cannot have it fails before anything is touched; clients that come before `serve` wait, unread.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #connections = new Set<Connection>();
  readonly #perAddress = new Map<string, number>();
  readonly #early: Socket[] = [];
  #broker: Broker | undefined;
  readonly #sweep: NodeJS.Timeout;
  #refused = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#server = createServer(options, (socket) => this.#accept(socket));
    this.#sweep = setInterval(() => this.#closeIdle(), SWEEP_MS);
    this.#sweep.unref();
  }

  get connections(): number {
    return this.#connections.size;
  }

  /** Connections closed because a limit was reached. */
  get refused(): number {
    return this.#refused;
  }

  /** Opens the port; resolves with the real one. Throws `invalid_argument` when it is taken. */
  open(): Promise<number> {
    const { host, port, name } = this.#options.address;
    return new Promise((resolve, reject) => {
      this.#server.once('error', (cause: NodeJS.ErrnoException) => {
        const why =
          cause.code === 'EADDRINUSE' ? 'the port is in use by another process' : cause.message;
        reject(
          new AppError('invalid_argument', `Cannot listen on ${name}://${host}:${port}: ${why}.`, {
            field: 'listeners',
            cause,
          }),
        );
      });
      this.#server.listen({ host, port, backlog: BACKLOG }, () =>
        resolve((this.#server.address() as AddressInfo).port),
      );
    });
  }

  /** Begins to serve, the clients that came early first. */
  serve(broker: Broker): void {
    this.#broker = broker;
    for (const socket of this.#early.splice(0)) this.#adopt(socket, broker);
  }

  /** Stops accepting. */
  stopAccepting(): void {
    this.#server.close();
  }

  /** Closes every connection. */
  close(): void {
    clearInterval(this.#sweep);
    this.#server.close();
    for (const socket of this.#early.splice(0)) socket.destroy();
    for (const connection of this.#connections) connection.close();
  }

  #accept(socket: Socket): void {
    if (this.#broker !== undefined) this.#adopt(socket, this.#broker);
    else if (this.#early.length < this.#options.connectionsMax) this.#early.push(socket);
    else socket.destroy();
  }

  #adopt(socket: Socket, broker: Broker): void {
    const { connectionsMax, connectionsPerAddressMax, address } = this.#options;
    const remote = socket.remoteAddress ?? '';
    const fromThere = this.#perAddress.get(remote) ?? 0;
    if (this.#connections.size >= connectionsMax || fromThere >= connectionsPerAddressMax) {
      this.#refused++;
      socket.destroy();
      return;
    }
    this.#perAddress.set(remote, fromThere + 1);
    const connection = new Connection(
      socket,
      {
        broker,
        listenerName: address.name,
        securityProtocol: address.protocol,
        onClose: (closed) => {
          this.#connections.delete(closed);
          const left = (this.#perAddress.get(remote) ?? 1) - 1;
          if (left === 0) this.#perAddress.delete(remote);
          else this.#perAddress.set(remote, left);
        },
      },
      performance.now(),
    );
    this.#connections.add(connection);
  }

  #closeIdle(): void {
    const now = performance.now();
    for (const connection of this.#connections)
      if (now - connection.lastReadAtMs > this.#options.idleMs) connection.close();
  }
}

function createServer(options: ListenerOptions, accept: (socket: Socket) => void): Server {
  if (options.address.protocol.endsWith('PLAINTEXT'))
    return createPlainServer({ pauseOnConnect: true, noDelay: true }, accept);
  if (options.tls === undefined)
    throw new AppError(
      'invalid_argument',
      `Listener ${options.address.name} needs ssl.certificate.file and ssl.key.file.`,
      { field: 'ssl.certificate.file' },
    );
  const server = createTlsServer(
    {
      cert: readPem(options.tls.certificateFile, 'ssl.certificate.file'),
      key: readPem(options.tls.keyFile, 'ssl.key.file'),
      handshakeTimeout: TLS_HANDSHAKE_MS_MAX,
      noDelay: true,
    },
    accept,
  );
  // A failed handshake concerns its client only; the socket is destroyed by Node.
  server.on('tlsClientError', () => undefined);
  return server;
}

function readPem(path: string, key: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new AppError('invalid_argument', `${key}: ${path} cannot be read.`, {
      field: key,
      cause,
    });
  }
}

import { constants } from 'node:crypto';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import {
  createServer as createTlsServer,
  type Server as TlsServer,
  type TLSSocket,
} from 'node:tls';
import {
  certificatePrincipal,
  type ConnectionGate,
  type PrincipalMapping,
  type RefusalReason,
} from '@weirhouse/broker-core';
import { AppError, assert } from '@weirhouse/shared-kernel';
import type { ListenerAddress } from '../config.ts';
import { Connection, type ConnectionServer } from './connection.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import type { TlsKeeper } from '../tls/tls-keeper.ts';

export interface ListenerOptions {
  readonly address: ListenerAddress;
  /** Decides on new connections, over all listeners of the process. */
  readonly gate: Pick<ConnectionGate, 'admit' | 'release'>;
  /** For listeners with TLS. */
  readonly tls?: TlsKeeper;
  /** Whom the certificates of clients name; without it they name nobody. */
  readonly mapPrincipal?: PrincipalMapping;
  readonly memory: ReceiveMemory;
  /** Unsent bytes of the connections above which clients that take nothing are closed. */
  readonly unsentBytesMax: number;
  /** Refused connections kept for a while at a time; beyond them they are closed at once. */
  readonly heldMax?: number;
  /** How often clients that take nothing are looked for, while there are any; once a second when absent. */
  readonly sweepMs?: number;
}

const SWEEP_MS = 1000;
/** Pending connections the kernel queues: enough for a fleet that reconnects at once. */
const BACKLOG = 1024;
const HELD_MAX = 1000;
/** Time a client has for the TLS handshake. */
const TLS_HANDSHAKE_MS_MAX = 10_000;
/** Sweeps through which a client may take nothing while its answers hold memory that others wait for. */
const STALLED_SWEEPS_MAX = 2;

/**
 * One listening address with its connections and their limits. The port is opened first, so that a start
 * that cannot have it fails before anything is touched; clients that come before `serve` wait, unread.
 * A connection counts from its acceptance on, so also during the TLS handshake.
 */
export class Listener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #connections = new Set<Connection>();
  /** Accepted and not yet a connection, by the client's address: before `serve`, or in the TLS handshake. */
  readonly #unserved = new Map<string, Socket>();
  readonly #refused = new Map<RefusalReason | 'not-accepted', number>();
  /** Connections whose clients have not taken everything: the only ones that a sweep looks at. */
  readonly #unsent = new Set<Connection>();
  readonly #sweepMs: number;
  #sweep: NodeJS.Timeout | undefined;
  #broker: ConnectionServer | undefined;
  #isStopped = false;
  #open = 0;
  /** Refused connections that are kept a while, so that their clients do not come at once again. */
  #held = 0;
  #stalled = 0;
  #failedHandshakes = 0;

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#sweepMs = options.sweepMs ?? SWEEP_MS;
    if (!options.address.protocol.endsWith('PLAINTEXT')) this.#tls = this.#createTls(options.tls);
    this.#server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) =>
      this.#accept(socket),
    );
    // What fails here is one accept, such as for want of file descriptors; the others are served.
    this.#server.on('error', () => this.#count('not-accepted'));
  }

  /** Connections now, those in the TLS handshake included. */
  get connections(): number {
    return this.#open;
  }

  /** Bytes of answers that clients have not taken yet. */
  get unsentBytes(): number {
    let bytes = 0;
    for (const connection of this.#unsent) bytes += connection.unsentBytes;
    return bytes;
  }

  /** Connections that were not kept, by the limit that was reached. */
  get refused(): ReadonlyMap<string, number> {
    return this.#refused;
  }

  /** Connections closed because their unread answers held memory that others waited for. */
  get stalled(): number {
    return this.#stalled;
  }

  /** Clients whose TLS handshake failed, or whose certificate names nobody who may come in. */
  get failedHandshakes(): number {
    return this.#failedHandshakes;
  }

  /** Opens the port; resolves with the real one. Throws `invalid_argument` when it is taken. */
  open(): Promise<number> {
    const { host, port, name } = this.#options.address;
    return new Promise((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        const why =
          cause.code === 'EADDRINUSE' ? 'the port is in use by another process' : cause.message;
        reject(
          new AppError('invalid_argument', `Cannot listen on ${name}://${host}:${port}: ${why}.`, {
            field: 'listeners',
            cause,
          }),
        );
      };
      this.#server.once('error', onError);
      this.#server.listen({ host, port, backlog: BACKLOG }, () => {
        this.#server.off('error', onError);
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Begins to serve, the clients that came early first. */
  serve(broker: ConnectionServer): void {
    this.#broker = broker;
    for (const socket of Array.from(this.#unserved.values())) this.#begin(socket, broker);
  }

  /** Stops accepting; clients that are not served yet are closed. */
  stopAccepting(): void {
    this.#isStopped = true;
    this.#server.close();
    for (const socket of Array.from(this.#unserved.values())) socket.destroy();
  }

  /** Closes every connection. */
  close(): void {
    this.#stopSweeping();
    this.stopAccepting();
    for (const connection of Array.from(this.#connections)) connection.close();
  }

  #accept(socket: Socket): void {
    const { remoteAddress } = socket;
    // A client without address has gone already.
    if (this.#isStopped || remoteAddress === undefined) return void socket.destroy();
    const admission = this.#options.gate.admit(this.#options.address.name, remoteAddress);
    if (admission.kind === 'refuse') {
      this.#count(admission.reason);
      return this.#refuse(socket, admission.delayMs);
    }
    this.#open++;
    const key = clientKey(socket);
    this.#unserved.set(key, socket);
    socket.once('close', () => {
      this.#unserved.delete(key);
      this.#release(remoteAddress);
    });
    if (this.#broker === undefined) return;
    if (admission.delayMs === 0) return this.#begin(socket, this.#broker);
    const { delayMs } = admission;
    setTimeout(() => {
      if (this.#broker !== undefined && !socket.destroyed) this.#begin(socket, this.#broker);
    }, delayMs).unref();
  }

  #refuse(socket: Socket, delayMs: number): void {
    if (delayMs === 0 || this.#held >= (this.#options.heldMax ?? HELD_MAX))
      return void socket.destroy();
    this.#held++;
    const timer = setTimeout(() => socket.destroy(), delayMs);
    socket.once('close', () => {
      clearTimeout(timer);
      this.#held--;
    });
  }

  #count(reason: RefusalReason | 'not-accepted'): void {
    this.#refused.set(reason, (this.#refused.get(reason) ?? 0) + 1);
  }

  #begin(socket: Socket, broker: ConnectionServer): void {
    if (this.#tls !== undefined) return void this.#tls.emit('connection', socket);
    const { remoteAddress } = socket;
    if (remoteAddress === undefined) return void socket.destroy();
    // From here on another socket object has the handle, and this one never closes.
    this.#unserved.delete(clientKey(socket));
    this.#serve(socket, broker, { onClose: () => this.#release(remoteAddress) });
  }

  #serve(
    socket: Socket,
    broker: ConnectionServer,
    options: { readonly principal?: string | undefined; readonly onClose: () => void },
  ): void {
    const { name, protocol } = this.#options.address;
    const connection = new Connection(socket, {
      server: broker,
      listenerName: name,
      securityProtocol: protocol,
      memory: this.#options.memory,
      tlsPrincipal: options.principal,
      onUnsent: this.#onUnsent,
      onClose: (closed) => {
        this.#connections.delete(closed);
        this.#unsent.delete(closed);
        options.onClose();
      },
    });
    this.#connections.add(connection);
  }

  /** The timer runs only while somebody is slow: thousands of idle connections cost no look. */
  readonly #onUnsent = (connection: Connection): void => {
    this.#unsent.add(connection);
    this.#sweep ??= setInterval(() => this.#closeStalled(), this.#sweepMs).unref();
  };

  #release(remoteAddress: string): void {
    this.#open--;
    this.#options.gate.release(this.#options.address.name, remoteAddress);
  }

  #closeStalled(): void {
    const nowMs = performance.now();
    // A timer may come a little early or late.
    const stalledMs = (STALLED_SWEEPS_MAX - 0.5) * this.#sweepMs;
    const { unsentBytes } = this;
    const stalled: Connection[] = [];
    for (const connection of Array.from(this.#unsent)) {
      if (connection.stalledMs(nowMs) > stalledMs) stalled.push(connection);
      if (connection.unsentBytes === 0) this.#unsent.delete(connection);
    }
    if (this.#unsent.size === 0) this.#stopSweeping();
    // Unread answers to fetches keep their records in memory, where new ones then find no room.
    if (unsentBytes <= this.#options.unsentBytesMax && this.#broker?.isProducePaused !== true)
      return;
    this.#stalled += stalled.length;
    for (const connection of stalled) connection.close();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }

  /** Does the handshakes for the plain server, which counts and refuses connections before them. */
  #createTls(keeper: TlsKeeper | undefined): TlsServer {
    assert(keeper !== undefined, 'a listener with TLS has certificates');
    const { clientAuth } = keeper;
    const server = createTlsServer({
      ...keeper.material.context,
      handshakeTimeout: TLS_HANDSHAKE_MS_MAX,
      requestCert: clientAuth !== 'none',
      rejectUnauthorized: clientAuth === 'required',
      // A resumed session would outlive the trust in its certificate.
      ...(clientAuth !== 'none' && { secureOptions: constants.SSL_OP_NO_TICKET }),
    });
    keeper.follow((context) => server.setSecureContext(context));
    server.on('secureConnection', (socket) => this.#onSecure(socket));
    // A failed handshake concerns its client only; the socket is destroyed by Node.
    server.on('tlsClientError', () => this.#failedHandshakes++);
    return server;
  }

  #onSecure(socket: TLSSocket): void {
    this.#unserved.delete(clientKey(socket));
    if (this.#isStopped || this.#broker === undefined) return void socket.destroy();
    const { address, mapPrincipal } = this.#options;
    const certificate = socket.getPeerX509Certificate();
    // A client that need not show a certificate may still not show one that nobody vouches for.
    const isTrusted = certificate === undefined || socket.authorized;
    const needsName = address.protocol === 'SSL' && mapPrincipal !== undefined;
    const principal = needsName ? certificatePrincipal(certificate?.raw, mapPrincipal) : undefined;
    if (!isTrusted || (needsName && principal === undefined)) {
      this.#failedHandshakes++;
      return void socket.destroy();
    }
    this.#serve(socket, this.#broker, { principal, onClose: () => undefined });
  }
}

function clientKey({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

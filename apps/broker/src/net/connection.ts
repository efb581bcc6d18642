import { Socket } from 'node:net';
import type { Broker, BrokerConnection, Reply, SecurityProtocol } from '@weirhouse/broker-core';
import { FrameReader } from './frame-reader.ts';
import { ResponseQueue } from './response-queue.ts';

/** Unsent bytes of one connection above which no more requests are read from it (a slow reader). */
export const UNSENT_BYTES_MAX = 1 << 20;
/** Requests of one connection that may wait for their answers; clients keep 5 in flight. */
export const PENDING_REQUESTS_MAX = 64;
/** One read buffer serves every plaintext connection: a read's bytes are used up before the next read. */
const READ_BUFFER_BYTES = 1 << 20;

const sharedReadBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

export interface ConnectionOptions {
  readonly broker: Broker;
  readonly listenerName: string;
  readonly securityProtocol: SecurityProtocol;
  readonly onClose: (connection: Connection) => void;
}

interface SocketHandle {
  readonly _handle?: unknown;
}

/**
 * One client connection: bytes to frames, frames to the broker, answers in order to the socket. Reading
 * stops while the client does not take its answers, has too many requests waiting, or the broker says so.
 */
export class Connection {
  readonly remoteAddress: string;
  lastReadAtMs: number;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #core: BrokerConnection;
  readonly #reader: FrameReader;
  readonly #responses: ResponseQueue;
  #coreReads = true;
  #paused = false;
  #closing = false;

  /** Takes over an accepted socket. With `onread` support, plaintext reads go into the shared buffer. */
  constructor(accepted: Socket, options: ConnectionOptions, nowMs: number) {
    this.#options = options;
    this.remoteAddress = (accepted.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.lastReadAtMs = nowMs;
    this.#core = options.broker.connect({
      listenerName: options.listenerName,
      remoteAddress: this.remoteAddress,
      port: {
        close: () => this.close(),
        setReading: (enabled) => this.#setCoreReads(enabled),
      },
    });
    this.#reader = new FrameReader({
      maxFrameBytes: () => this.#core.maxFrameBytes,
      onFrame: (frame) => this.#onFrame(frame),
    });
    this.#responses = new ResponseQueue((reply) => this.#send(reply));
    this.#socket = this.#adopt(accepted);
    this.#socket.setNoDelay(true);
    this.#socket.on('drain', () => this.#resumeIfAllowed());
    this.#socket.on('error', () => this.close());
    this.#socket.on('end', () => this.close());
    this.#socket.on('close', () => this.#onClosed());
  }

  close(): void {
    this.#closing = true;
    this.#socket.destroy();
  }

  #adopt(accepted: Socket): Socket {
    const handle = (accepted as SocketHandle)._handle;
    const plain = this.#options.securityProtocol.endsWith('PLAINTEXT');
    if (!plain || handle === undefined || handle === null) {
      accepted.on('data', (chunk: Buffer) => {
        if (!this.#onBytes(chunk, chunk.length)) accepted.pause();
      });
      accepted.resume();
      return accepted;
    }
    const socket = new Socket({
      handle,
      readable: true,
      writable: true,
      onread: {
        buffer: () => this.#reader.directTarget ?? sharedReadBuffer,
        callback: (count: number, buffer: Uint8Array) => this.#onRead(count, buffer as Buffer),
      },
    } as never);
    socket.resume();
    return socket;
  }

  #onRead(count: number, buffer: Buffer): boolean {
    if (buffer.buffer === sharedReadBuffer.buffer) return this.#onBytes(sharedReadBuffer, count);
    this.lastReadAtMs = performance.now();
    this.#socket.cork();
    this.#reader.advance(count);
    this.#socket.uncork();
    return this.#mayRead();
  }

  #onBytes(chunk: Buffer, count: number): boolean {
    this.lastReadAtMs = performance.now();
    const socket = this.#socket;
    socket?.cork();
    const sound = this.#reader.push(chunk, count);
    socket?.uncork();
    if (!sound) {
      this.close();
      return false;
    }
    return this.#mayRead();
  }

  #onFrame(frame: Buffer): void {
    if (this.#closing) return;
    this.#core.onFrame(frame, this.#responses.open());
  }

  #send(reply: Reply): void {
    const socket = this.#socket;
    if (socket.destroyed) {
      reply.onSent?.();
      return;
    }
    socket.cork();
    const last = reply.chunks.length - 1;
    for (let at = 0; at <= last; at++) {
      const chunk = reply.chunks[at] as Buffer;
      if (at < last || reply.onSent === undefined) socket.write(chunk);
      else socket.write(chunk, reply.onSent);
    }
    socket.uncork();
    if (reply.closeAfter === true) {
      this.#closing = true;
      socket.end();
    } else if (this.#paused) this.#resumeIfAllowed();
  }

  #mayRead(): boolean {
    const allowed =
      this.#socket.writableLength <= UNSENT_BYTES_MAX &&
      this.#responses.pending < PENDING_REQUESTS_MAX &&
      this.#coreReads;
    if (!allowed) this.#paused = true;
    return allowed;
  }

  #resumeIfAllowed(): void {
    if (!this.#paused || this.#closing || !this.#mayRead()) return;
    this.#paused = false;
    this.#socket.resume();
  }

  #setCoreReads(enabled: boolean): void {
    this.#coreReads = enabled;
    if (enabled) this.#resumeIfAllowed();
    else if (!this.#paused) {
      this.#paused = true;
      this.#socket.pause();
    }
  }

  #onClosed(): void {
    this.#closing = true;
    this.#reader.close();
    this.#responses.abandon();
    this.#core.onClose();
    this.#options.onClose(this);
  }
}

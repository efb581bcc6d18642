import { Socket } from 'node:net';
import {
  PRE_AUTH_FRAME_BYTES_MAX,
  type Broker,
  type BrokerConnection,
  type ConnectionOptions as CoreConnectionOptions,
  type Reply,
  type SecurityProtocol,
} from '@weirhouse/broker-core';
import { FrameReader } from './frame-reader.ts';
import type { ReceiveMemory } from './receive-memory.ts';
import { ResponseQueue } from './response-queue.ts';

/** Unsent bytes of one connection above which no more of its requests are handled (a slow reader). */
export const UNSENT_BYTES_MAX = 1 << 20;
/** Requests of one connection that may wait for their answers; clients keep 5 in flight. */
export const PENDING_REQUESTS_MAX = 64;
/** One read buffer serves every plaintext connection: a read's bytes are used up before the next read. */
const READ_BUFFER_BYTES = 1 << 20;
/** Time a client has to take the last answer of a connection that the broker ends. */
const LINGER_MS_MAX = 1000;

const sharedReadBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** What a connection hands its frames to. */
export type ConnectionCore = Pick<BrokerConnection, 'maxFrameBytes' | 'onFrame' | 'onClose'>;

/** The part of the broker that the network sees. */
export interface ConnectionServer extends Pick<Broker, 'isProducePaused'> {
  connect(options: CoreConnectionOptions): ConnectionCore;
}

export interface ConnectionOptions {
  readonly server: ConnectionServer;
  readonly listenerName: string;
  readonly securityProtocol: SecurityProtocol;
  /** For frames that come in pieces; all connections of the process share it. */
  readonly memory: ReceiveMemory;
  /** Whom a verified client certificate names. */
  readonly tlsPrincipal?: string | undefined;
  /** The client is slow to take what was answered; told again while that lasts. */
  readonly onUnsent: (connection: Connection) => void;
  readonly onClose: (connection: Connection) => void;
}

interface SocketHandle {
  readonly _handle?: { readonly writeQueueSize?: number } | null;
}

/**
 * One client connection: bytes to frames, frames to the broker, answers in order to the socket. Frames
 * wait, unread or held, while the client does not take its answers, has too many requests in work, or
 * the broker says so.
 *
 * | state   | on                                                     | becomes |
 * |---------|--------------------------------------------------------|---------|
 * | reading | after a frame: unsent, pending or the broker forbid it | paused  |
 * | paused  | drained, answered or allowed, and nothing is held      | reading |
 * | any     | an answer that ends the connection was sent            | ending  |
 * | any     | the broker ends it in order                            | ending  |
 * | ending  | all taken, client gone, or LINGER_MS_MAX over          | closed  |
 * | any     | client gone, stream broken, broker or listener closes  | closed  |
 */
export class Connection {
  readonly remoteAddress: string;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #core: ConnectionCore;
  readonly #reader: FrameReader;
  readonly #responses: ResponseQueue;
  #coreReads = true;
  #isPaused = false;
  #isHanding = false;
  /** True while answers wait for others that complete in the same turn. */
  #isGathering = false;
  #isClosing = false;
  #isEnding = false;
  #linger: NodeJS.Timeout | undefined;
  #unsentBefore = 0;
  #queuedBefore = 0;
  #tookAtMs = 0;

  /** Takes over an accepted socket. Plaintext reads go into the shared buffer, others into their own. */
  constructor(accepted: Socket, options: ConnectionOptions) {
    this.#options = options;
    this.remoteAddress = (accepted.remoteAddress ?? '').replace(/^::ffff:/, '');
    this.#core = options.server.connect({
      listenerName: options.listenerName,
      remoteAddress: this.remoteAddress,
      ...(options.tlsPrincipal !== undefined && { tlsPrincipal: options.tlsPrincipal }),
      port: {
        close: () => this.#closeByCore(),
        end: () => this.#endByCore(),
        setReading: (enabled) => this.#setCoreReads(enabled),
      },
    });
    this.#reader = new FrameReader({
      memory: options.memory,
      maxFrameBytes: () => this.#core.maxFrameBytes,
      isStranger: () => this.#core.maxFrameBytes <= PRE_AUTH_FRAME_BYTES_MAX,
      onFrame: (frame) => this.#core.onFrame(frame, this.#responses.open()),
      mayContinue: () => this.#mayHandOn(),
    });
    this.#responses = new ResponseQueue({
      send: (reply) => this.#send(reply),
      onRoom: () => this.#goOn(),
    });
    this.#socket = this.#adopt(accepted);
    this.#socket.setNoDelay(true);
    this.#socket.on('drain', () => this.#goOn());
    this.#socket.on('error', () => this.close());
    this.#socket.on('end', () => {
      if (!this.#isEnding) this.close();
    });
    this.#socket.on('close', () => this.#onClosed());
  }

  /** Ends the connection now; what was not sent is dropped. */
  close(): void {
    this.#isClosing = true;
    this.#reader.close();
    this.#socket.destroy();
  }

  /** Bytes that the client has been slow to take. */
  get unsentBytes(): number {
    return this.#socket.writableLength;
  }

  /** For how long the client has taken nothing of what waits for it, as seen by calls of this. */
  stalledMs(nowMs: number): number {
    const unsent = this.#socket.writableLength;
    const queued = (this.#socket as SocketHandle)._handle?.writeQueueSize ?? 0;
    if (unsent === 0 || unsent !== this.#unsentBefore || queued !== this.#queuedBefore)
      this.#tookAtMs = nowMs;
    this.#unsentBefore = unsent;
    this.#queuedBefore = queued;
    return nowMs - this.#tookAtMs;
  }

  #adopt(accepted: Socket): Socket {
    const handle = (accepted as SocketHandle)._handle;
    const isPlain = this.#options.securityProtocol.endsWith('PLAINTEXT');
    if (!isPlain || handle === undefined || handle === null) {
      accepted.on('data', (chunk: Buffer) => this.#onRead(chunk, chunk.length));
      accepted.resume();
      return accepted;
    }
    const socket = new Socket({
      handle,
      readable: true,
      writable: true,
      onread: {
        buffer: () => this.#reader.directTarget ?? sharedReadBuffer,
        callback: (count: number, buffer: Uint8Array) =>
          buffer === sharedReadBuffer
            ? this.#onRead(sharedReadBuffer, count)
            : this.#onDirect(count),
      },
    } as never);
    socket.resume();
    return socket;
  }

  /** Takes `chunk[0, count)`; false when nothing more is to be read for now. */
  #onRead(chunk: Buffer, count: number): boolean {
    if (this.#isClosing) return true;
    this.#beginHanding();
    return this.#endHanding(this.#reader.push(chunk, count));
  }

  /** `count` bytes were read to where the reader wanted them. */
  #onDirect(count: number): boolean {
    if (this.#isClosing) return true;
    this.#beginHanding();
    return this.#endHanding(this.#reader.advance(count));
  }

  #beginHanding(): void {
    this.#isHanding = true;
    this.#socket.cork();
  }

  #endHanding(isSound: boolean): boolean {
    this.#socket.uncork();
    let isGood = isSound;
    while (isGood && this.#reader.isHolding && this.#mayHandOn()) {
      this.#socket.cork();
      isGood = this.#reader.resume();
      this.#socket.uncork();
    }
    this.#isHanding = false;
    this.#noteUnsent();
    if (!isGood) this.close();
    if (this.#isClosing) return true;
    const mayRead = !this.#reader.isHolding && this.#mayHandOn();
    if (mayRead === this.#isPaused) {
      this.#isPaused = !mayRead;
      if (mayRead) this.#socket.resume();
      else this.#socket.pause();
    }
    return mayRead;
  }

  #mayHandOn(): boolean {
    return (
      !this.#isClosing &&
      this.#socket.writableLength <= UNSENT_BYTES_MAX &&
      this.#responses.pending < PENDING_REQUESTS_MAX &&
      this.#coreReads
    );
  }

  /** Something that held up the connection is over. */
  #goOn(): void {
    if (!this.#isPaused || this.#isHanding || !this.#mayHandOn()) return;
    this.#beginHanding();
    this.#endHanding(this.#reader.resume());
  }

  #setCoreReads(enabled: boolean): void {
    this.#coreReads = enabled;
    if (enabled) this.#goOn();
    else if (!this.#isHanding && !this.#isPaused && !this.#isClosing) {
      this.#isPaused = true;
      this.#socket.pause();
    }
  }

  #send(reply: Reply): void {
    const socket = this.#socket;
    if (socket.destroyed || this.#isEnding) {
      reply.onSent?.();
      return;
    }
    this.#gather();
    const last = reply.chunks.length - 1;
    for (let at = 0; at <= last; at++) {
      const chunk = reply.chunks[at] as Buffer;
      if (at < last || reply.onSent === undefined) socket.write(chunk);
      else socket.write(chunk, reply.onSent);
    }
    if (reply.closeAfter !== true) return;
    this.#end();
    this.#startLinger();
  }

  #noteUnsent(): void {
    if (this.#isGathering || this.#socket.destroyed) return;
    if (this.#socket.writableLength > 0) this.#options.onUnsent(this);
  }

  /** One durable write answers many requests: their answers leave in one system call. */
  #gather(): void {
    if (this.#isHanding || this.#isGathering) return;
    this.#isGathering = true;
    this.#socket.cork();
    process.nextTick(() => {
      this.#isGathering = false;
      this.#socket.uncork();
      this.#noteUnsent();
    });
  }

  /**
   * Closes after what was sent. What the client still sends is read and dropped: closing with bytes unread
   * resets the connection, and the client might lose the answer. The reader stays open until the end,
   * because reads may still go to its memory.
   */
  #end(onSent?: () => void): void {
    this.#isClosing = true;
    this.#isEnding = true;
    this.#socket.end(onSent);
    this.#socket.resume();
  }

  #startLinger(): void {
    this.#linger = setTimeout(() => this.#socket.destroy(), LINGER_MS_MAX);
  }

  /** Whoever drains the broker decides how long a client may take over its answers; after them it is to go. */
  #endByCore(): void {
    if (!this.#isClosing) this.#end(() => this.#startLinger());
  }

  #closeByCore(): void {
    if (this.#isEnding) return;
    // What was answered before in this turn goes out first.
    while (this.#socket.writableCorked > 0) this.#socket.uncork();
    this.close();
  }

  #onClosed(): void {
    this.#isClosing = true;
    clearTimeout(this.#linger);
    this.#reader.close();
    this.#responses.abandon();
    this.#core.onClose();
    this.#options.onClose(this);
  }
}

import { KafkaProtocolError, Reader, type Writer } from '@weirhouse/kafka-protocol';

import { apiVersionsFallback } from './api-versions-fallback.ts';
import type { Broker } from './broker.ts';
import {
  API_VERSIONS_KEY,
  encodeAnswer,
  encodeRawToken,
  readHeaderRest,
  readRequestStart,
  type RequestStart,
} from './frame-header.ts';
import type { Answer, AnyHandler, RequestContext } from './handler.ts';
import { PIPELINED_PRODUCES_MAX, PRE_AUTH_HEAP_BYTES_MAX } from './limits.ts';
import type { ConnectionPort, Reply } from './ports.ts';
import { throttleOfAnswer } from './quota/answer-throttle.ts';
import { Login } from './sasl/login.ts';
import type { Deadline } from './timing-wheel.ts';

const PRODUCE_KEY = 0;

/** What the shell knows about a socket. `tlsPrincipal` is the name of a verified client certificate. */
export interface ConnectionOptions {
  readonly listenerName: string;
  readonly remoteAddress: string;
  readonly tlsPrincipal?: string;
  readonly port: ConnectionPort;
}

type ReplyTo = (reply: Reply | undefined) => void;

/** A frame that came; it waits while an earlier request is in work. */
interface QueuedFrame {
  readonly frame: Buffer;
  readonly arrivedMs: number;
  readonly reply: ReplyTo;
}

/** A request in work. */
interface Running {
  readonly context: RequestContext;
  readonly handler: AnyHandler;
  readonly start: RequestStart;
  readonly arrivedMs: number;
  readonly startedMs: number;
  readonly bytes: number;
  /** Time of the event loop that its handler took; undefined while it runs for the first time. */
  busyMs: number | undefined;
  readonly reply: ReplyTo;
}

/**
 * One client connection: decodes headers, checks versions and authentication, runs handlers.
 *
 * Requests of a connection are handled in order, one at a time, as Kafka does; only produce requests
 * overlap each other, because their order is settled when they are appended. Everything that Kafka
 * answers by closing (unknown key or version, malformed body, request before authentication) closes.
 */
export class BrokerConnection {
  readonly #broker: Broker;
  readonly #listenerName: string;
  readonly #port: ConnectionPort;
  readonly #login: Login;
  readonly #running = new Set<Running>();
  readonly #queue: QueuedFrame[] = [];
  #produces = 0;
  /** Set while the client is held back for its quotas. */
  #mutedUntil: Deadline | undefined;
  #isClosed = false;
  #isReading = true;
  #isDraining = false;
  #lastFrameMs: number;
  /** True while a mechanism works on a token without header. */
  #isStepping = false;
  /** Requests that keep those behind them from starting. */
  #holds = 0;

  constructor(broker: Broker, options: ConnectionOptions) {
    this.#broker = broker;
    this.#port = options.port;
    this.#listenerName = options.listenerName;
    this.#lastFrameMs = broker.ports.clock.monotonicMs();
    this.#login = new Login(broker, {
      listenerName: options.listenerName,
      remoteAddress: options.remoteAddress,
      tlsPrincipal: options.tlsPrincipal,
      onLate: () => this.#close('not authenticated in time'),
    });
    broker.onConnectionOpened(this);
  }

  /** The longest frame that is accepted now; the shell closes the socket of a longer one. */
  get maxFrameBytes(): number {
    return this.#login.isDone ? this.#broker.requestBytesMax : this.#broker.loginBytesMax;
  }

  /**
   * Takes one frame without its length prefix. The bytes are borrowed: valid during the call only.
   * `reply` is called once, perhaps before this returns; `undefined` means that nothing is sent.
   */
  onFrame(frame: Buffer, reply: ReplyTo): void {
    if (this.#isClosed) return reply(undefined);
    const arrivedMs = this.#broker.ports.clock.monotonicMs();
    this.#lastFrameMs = arrivedMs;
    if (this.#queue.length === 0 && this.#mayStart(frame))
      return this.#start({ frame, arrivedMs, reply }, true);
    if (!this.#broker.takeQueueBytes(frame.length)) {
      this.#close('too many bytes wait in this broker');
      return reply(undefined);
    }
    this.#queue.push({ frame: Buffer.from(frame), arrivedMs, reply });
    this.#setReading(false);
  }

  /** The socket is gone: whatever waits is abandoned. */
  onClose(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#login.leave();
    this.#broker.wheel.cancel(this.#mutedUntil);
    for (const { context } of this.#running) context.onAbandoned?.();
    this.#dropQueue();
    this.#broker.onConnectionClosed(this);
  }

  /** Closes when nothing came for `idleMs` and nothing is in work (connections.max.idle.ms). */
  closeIfIdle(nowMs: number, idleMs: number): void {
    const isBusy = this.#running.size > 0 || this.#isStepping || this.#mutedUntil !== undefined;
    if (!isBusy && nowMs - this.#lastFrameMs > idleMs) this.#close('idle');
  }

  /** Ends the connection from this side, such as at shutdown. */
  close(): void {
    this.#close('the broker stops');
  }

  /** Takes nothing more, answers what it has without waiting for others, and ends after that. */
  drain(): void {
    this.#setReading(false);
    this.#isDraining = true;
    for (const { context } of Array.from(this.#running)) context.onDrain?.();
    this.pump();
  }

  /** Starts what may start now; the broker calls it when produce requests may go on. */
  pump(): void {
    while (!this.#isClosed && this.#mutedUntil === undefined) {
      const next = this.#queue[0];
      if (next === undefined) {
        this.#setReading(true);
        break;
      }
      if (!this.#mayStart(next.frame)) break;
      this.#queue.shift();
      this.#broker.takeQueueBytes(-next.frame.length);
      this.#start(next, false);
    }
    this.#endIfDrained();
  }

  /** What still waits then could not be started: for want of room, or because its client is held back. */
  #endIfDrained(): void {
    const isBusy = this.#running.size > 0 || this.#isStepping;
    if (!this.#isDraining || isBusy || this.#isClosed) return;
    this.#dropQueue();
    this.#port.end();
  }

  #dropQueue(): void {
    for (const { frame, reply } of this.#queue.splice(0)) {
      this.#broker.takeQueueBytes(-frame.length);
      reply(undefined);
    }
  }

  #mayStart(frame: Buffer): boolean {
    const isProduce =
      this.#login.isDone && frame.length >= 2 && frame.readInt16BE(0) === PRODUCE_KEY;
    if (isProduce && this.#broker.isProducePaused) {
      this.#broker.awaitProduce(this);
      return false;
    }
    if (this.#isStepping || this.#holds > 0 || this.#mutedUntil !== undefined) return false;
    if (this.#running.size === 0) return true;
    return (
      isProduce && this.#produces === this.#running.size && this.#produces < PIPELINED_PRODUCES_MAX
    );
  }

  #start({ arrivedMs, frame, reply }: QueuedFrame, isBorrowed: boolean): void {
    if (this.#login.session.phase === 'raw-tokens') return this.#startRawToken(frame, reply);
    const start = readRequestStart(frame);
    if (start === undefined) return this.#refuse('frame without header', reply);
    const handler = this.#broker.findHandler(start.apiKey);
    if (handler === undefined) return this.#refuse(`unknown API key ${start.apiKey}`, reply);
    const problem = this.#login.forbids(handler, start.version);
    if (problem !== undefined) return this.#refuse(problem, reply);
    this.#broker.ports.probe.onRequest(start.apiKey, start.version, frame.length);
    const counter = this.#login.usage.request(start.apiKey);
    counter.requests++;
    counter.requestBytes += frame.length;
    if (start.version < handler.minVersion || start.version > handler.maxVersion) {
      if (start.apiKey !== API_VERSIONS_KEY)
        return this.#refuse(`version ${start.version} of API ${start.apiKey}`, reply);
      return reply({ chunks: apiVersionsFallback(start.correlationId, handler) });
    }
    const bytes = isBorrowed && !handler.borrowsFrame ? Buffer.from(frame) : frame;
    this.#run({ bytes, start, arrivedMs, handler, reply });
  }

  #run(request: {
    bytes: Buffer;
    start: RequestStart;
    arrivedMs: number;
    handler: AnyHandler;
    reply: ReplyTo;
  }): void {
    const { arrivedMs, bytes, handler, reply, start } = request;
    const reader = new Reader(bytes);
    if (!this.#login.isDone) reader.limitHeap(PRE_AUTH_HEAP_BYTES_MAX);
    let running: Running | undefined;
    try {
      const clientId = readHeaderRest(reader, start.version >= handler.schema.flexibleFrom);
      const context: RequestContext = {
        services: this.#broker.services,
        caller: this.#login.session.caller,
        listenerName: this.#listenerName,
        version: start.version,
        clientId,
        sasl: this.#login.session,
        usage: this.#login.usage,
        holdLine: () => this.#holdLine(),
        onAbandoned: undefined,
        onDrain: undefined,
      };
      const startedMs = this.#broker.ports.clock.monotonicMs();
      running = {
        context,
        handler,
        start,
        arrivedMs,
        startedMs,
        bytes: bytes.length,
        busyMs: undefined,
        reply,
      };
      this.#running.add(running);
      if (start.apiKey === PRODUCE_KEY) this.#produces++;
      const work = running;
      handler.run(context, reader, (answer) => this.#answer(work, answer));
      work.busyMs = this.#broker.ports.clock.monotonicMs() - startedMs;
      if (this.#isDraining) context.onDrain?.();
    } catch (error) {
      this.#fail(error, start);
      if (running === undefined || this.#finish(running)) reply(undefined);
    }
  }

  #holdLine(): () => void {
    let isHeld = true;
    this.#holds++;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#holds--;
      this.pump();
    };
  }

  /** Takes a request out of work; false when it had been answered before. */
  #finish(running: Running): boolean {
    if (!this.#running.delete(running)) return false;
    if (running.start.apiKey === PRODUCE_KEY) this.#produces--;
    return true;
  }

  #answer(running: Running, answer: Answer): void {
    const { body, errorCode, options } = answer;
    const { arrivedMs, bytes, busyMs, context, reply, start, startedMs } = running;
    if (!this.#finish(running)) return options.onSent?.();
    const { clock, probe } = this.#broker.ports;
    const takenMs = clock.monotonicMs() - startedMs;
    probe.onResponse({
      apiKey: start.apiKey,
      version: start.version,
      client: context,
      errorCode,
      bytes,
      queuedMs: startedMs - arrivedMs,
      busyMs: busyMs ?? takenMs,
      takenMs,
    });
    const throttleMs = this.#throttleOf(running, answer, takenMs);
    if (this.#isClosed || body === undefined) {
      options.onSent?.();
      reply(undefined);
      if (options.closeAfter === true) this.#close('the request failed and wants no answer');
    } else this.#send(running, (writer) => body(writer, throttleMs), answer);
    this.#mute(throttleMs);
    this.pump();
  }

  #throttleOf(running: Running, { body, throttleMs }: Answer, takenMs: number): number {
    if (!this.#login.isDone) return 0;
    return throttleOfAnswer(this.#broker.services.quotas, {
      client: running.context,
      apiKey: running.start.apiKey,
      bytes: running.bytes,
      busyMs: running.busyMs ?? takenMs,
      throttleMs,
      isAnswered: body !== undefined,
    });
  }

  /** Starts no request for this long: the client was told to wait (KIP-219). */
  #mute(throttleMs: number): void {
    if (throttleMs <= 0 || this.#isClosed) return;
    const { wheel } = this.#broker;
    wheel.cancel(this.#mutedUntil);
    const onExpired = () => {
      this.#mutedUntil = undefined;
      this.pump();
    };
    this.#mutedUntil = wheel.schedule(throttleMs, { onExpired });
    this.#setReading(false);
  }

  #send(running: Running, body: (writer: Writer) => void, answer: Answer): void {
    const { handler, reply, start } = running;
    let chunks: Buffer[];
    try {
      chunks = encodeAnswer(start, handler, body);
    } catch (error) {
      this.#fail(error, start);
      answer.options.onSent?.();
      return reply(undefined);
    }
    const counter = running.context.usage.request(start.apiKey);
    counter.responses++;
    for (const { length } of chunks) counter.responseBytes += length;
    reply({ chunks, ...answer.options });
  }

  #startRawToken(frame: Buffer, reply: ReplyTo): void {
    const tooMany = this.#login.countRequest();
    if (tooMany !== undefined) return this.#refuse(tooMany, reply);
    this.#isStepping = true;
    this.#login.session.step(Buffer.from(frame), (outcome) => {
      this.#isStepping = false;
      if (this.#isClosed) return reply(undefined);
      if (outcome.kind !== 'failed') {
        reply({ chunks: encodeRawToken(outcome.token) });
        return this.pump();
      }
      // Handshake v0 has no error answer: the connection just ends, as late as the other way's answer.
      const end = { onExpired: () => this.#refuse('authentication failed', reply) };
      this.#broker.wheel.schedule(this.#broker.authenticationDelayMs, end);
    });
  }

  #setReading(enabled: boolean): void {
    if (this.#isReading === enabled || this.#isClosed || this.#isDraining) return;
    this.#isReading = enabled;
    this.#port.setReading(enabled);
  }

  #refuse(reason: string, reply: ReplyTo): void {
    this.#close(reason);
    reply(undefined);
  }

  #fail(error: unknown, start: RequestStart): void {
    const { log } = this.#broker.ports;
    const fields = { error, apiKey: start.apiKey, version: start.version };
    if (error instanceof KafkaProtocolError) log.info(fields, 'malformed request');
    else log.error(fields, 'a request handler failed');
    this.#close('the request could not be handled');
  }

  #close(reason: string): void {
    if (this.#isClosed) return;
    const { host, principal } = this.#login.session.caller;
    this.#broker.ports.log.debug({ host, principal, reason }, 'closing a connection');
    this.onClose();
    this.#port.close();
  }
}

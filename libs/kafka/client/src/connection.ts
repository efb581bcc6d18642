import net from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import tls from 'node:tls';
import {
  ApiKey,
  KafkaError,
  Reader,
  requestHeaderVersion,
  responseHeaderVersion,
  Writer,
  type ApiInfo,
} from '@weirhouse/kafka-protocol';
import {
  defaultApiVersionsRequest,
  writeApiVersionsRequest,
} from '@weirhouse/kafka-protocol/messages/api-versions-request';
import {
  readApiVersionsResponse,
  type ApiVersionsResponse,
} from '@weirhouse/kafka-protocol/messages/api-versions-response';
import {
  defaultRequestHeader,
  writeRequestHeader,
} from '@weirhouse/kafka-protocol/messages/request-header';
import { readResponseHeader } from '@weirhouse/kafka-protocol/messages/response-header';
import { AppError, isAppError } from '@weirhouse/shared-kernel';
import { defineApi, type Api, type RequestOf } from './api.ts';
import { requireSuccess } from './errors.ts';
import { FrameSplitter } from './frame-splitter.ts';
import {
  CONNECT_TIMEOUT_MS,
  IN_FLIGHT_MAX,
  REQUEST_TIMEOUT_MS,
  RESPONSE_BYTES_MAX,
} from './limits.ts';

/** One request on its way. */
export interface WatchedRequest {
  /** What the request calls its client, instead of the connection's own; brokers log it. */
  readonly clientId?: string;
  /** Called once, with the failure if there was one. */
  end(failure?: AppError): void;
}

/** Told of each request by the name of its API, when it is sent. It must not throw. */
export type OnRequest = (api: string) => WatchedRequest;

/** Where and as whom a connection speaks. */
export interface ConnectionOptions {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  /** Absent = plain text. */
  readonly tls?: tls.ConnectionOptions | undefined;
  readonly connectTimeoutMs?: number | undefined;
  readonly requestTimeoutMs?: number | undefined;
  /** How long a request waits at most while the broker holds the client back; without limit when absent. */
  readonly holdMaxMs?: number | undefined;
  readonly onRequest?: OnRequest | undefined;
}

/** What the cause of `rate_limited` says. */
export interface HeldBack {
  readonly retryAfterMs: number;
}

/** The versions that a broker serves of one API. */
export interface VersionRange {
  readonly min: number;
  readonly max: number;
}

interface Pending {
  readonly complete: (frame: Reader) => void;
  readonly fail: (error: AppError) => void;
  readonly onTimeout: () => void;
  timer: NodeJS.Timeout;
}

const apiVersions = defineApi(ApiKey.ApiVersions, writeApiVersionsRequest, readVersionsOrFallback);

const CLIENT_SOFTWARE = { clientSoftwareName: 'weirhouse', clientSoftwareVersion: '0.1.0' };

/**
 * One connection to one broker. Requests are pipelined and matched by correlation id; a request
 * that times out closes the connection, because nothing behind it would be answered either.
 *
 * | state  | meaning                          | next                                    |
 * |--------|----------------------------------|-----------------------------------------|
 * | open   | requests are sent                | closed (close, error, end, timeout)     |
 * | closed | every request fails at once      | -                                       |
 */
export class Connection {
  readonly #socket: net.Socket;
  readonly #options: ConnectionOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #splitter = new FrameSplitter(RESPONSE_BYTES_MAX);
  #versions: ReadonlyMap<number, VersionRange> = new Map();
  #nextCorrelationId = 0;
  #failure: AppError | undefined;
  /** By `performance.now()`. */
  #heldUntilMs = 0;

  private constructor(socket: net.Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#onData(chunk));
    socket.on('error', (error) => this.#fail(lost(options, error)));
    socket.on('close', () => this.#fail(lost(options)));
  }

  /** Connects and learns the broker's versions. Rejects with `unavailable` or `timeout`. */
  static async open(options: ConnectionOptions): Promise<Connection> {
    const socket = await openSocket(options);
    const connection = new Connection(socket, options);
    try {
      await connection.#negotiate();
      return connection;
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  get isOpen(): boolean {
    return this.#failure === undefined;
  }

  /** For how long the broker goes on holding this client back for its quotas (KIP-219). */
  get heldBackMs(): number {
    return Math.max(0, this.#heldUntilMs - performance.now());
  }

  /** The range that both sides know of an API, or undefined when there is none. */
  findVersions(info: ApiInfo): VersionRange | undefined {
    const theirs = this.#versions.get(info.apiKey);
    if (!theirs) return undefined;
    const min = Math.max(theirs.min, info.minVersion);
    const max = Math.min(theirs.max, info.stableMaxVersion);
    return min <= max ? { min, max } : undefined;
  }

  /**
   * Sends a request in the highest common version, once the broker reads on. Rejects with
   * `failed_precondition` when there is none, `rate_limited` when quotas hold it back for longer than
   * it may wait, `timeout`, `unavailable` when the connection is lost, or `invalid_argument`.
   */
  async send<Request extends object, Response>(
    api: Api<Request, Response>,
    request: RequestOf<Request>,
  ): Promise<Response> {
    const versions = this.findVersions(api.info);
    if (!versions)
      throw new AppError('failed_precondition', `the broker has no usable ${api.info.name}`);
    await this.#whileHeldBack();
    return this.#sendVersion(api, request, versions.max);
  }

  async #whileHeldBack(): Promise<void> {
    for (let ms = this.heldBackMs; ms > 0 && !this.#failure; ms = this.heldBackMs) {
      if (ms > (this.#options.holdMaxMs ?? Infinity)) throw heldBack(ms);
      await delay(ms);
    }
  }

  /** A connection that is held back answers later, what it was asked before too. */
  #noteThrottle({ throttleTimeMs = 0 }: { readonly throttleTimeMs?: number }): void {
    if (throttleTimeMs <= 0) return;
    this.#heldUntilMs = Math.max(this.#heldUntilMs, performance.now() + throttleTimeMs);
    const timeoutMs = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
    for (const request of this.#pending.values()) {
      clearTimeout(request.timer);
      request.timer = setTimeout(request.onTimeout, throttleTimeMs + timeoutMs);
    }
  }

  /** Closes the connection; what is still waited for fails with `unavailable`. */
  close(): void {
    this.#fail(new AppError('unavailable', 'the connection to the broker was closed'));
  }

  /** KIP-511: a broker that does not know our version answers in version 0 with what it knows. */
  async #negotiate(): Promise<void> {
    const ours = apiVersions.info;
    let response = await this.#askVersions(ours.maxVersion);
    if (response.errorCode === KafkaError.UNSUPPORTED_VERSION) {
      const theirs = response.apiKeys.find(({ apiKey }) => apiKey === ours.apiKey);
      response = await this.#askVersions(Math.min(ours.maxVersion, theirs?.maxVersion ?? 0));
    }
    requireSuccess(response.errorCode);
    this.#versions = new Map(
      response.apiKeys.map(({ apiKey, minVersion, maxVersion }) => [
        apiKey,
        { min: minVersion, max: maxVersion },
      ]),
    );
  }

  #askVersions(version: number): Promise<ApiVersionsResponse> {
    const request = { ...defaultApiVersionsRequest(), ...(version >= 3 ? CLIENT_SOFTWARE : {}) };
    return this.#sendVersion(apiVersions, request, version);
  }

  #sendVersion<Request extends object, Response>(
    api: Api<Request, Response>,
    request: RequestOf<Request>,
    version: number,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure;
      if (this.#pending.size >= IN_FLIGHT_MAX)
        throw new AppError('unavailable', `${IN_FLIGHT_MAX} requests wait for the broker already`);
      const correlationId = this.#takeCorrelationId();
      const watched = this.#options.onRequest?.(api.info.name);
      const body = typeof request === 'function' ? request(version) : request;
      const chunks = encode(api, body, {
        version,
        correlationId,
        clientId: watched?.clientId ?? this.#options.clientId,
      });
      const timeoutMs = this.#options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS;
      const onTimeout = (): void => {
        const { host, port } = this.#options;
        const problem = `${api.info.name} got no answer from ${host}:${port} in ${timeoutMs} ms`;
        this.#fail(new AppError('timeout', problem));
      };
      this.#pending.set(correlationId, {
        complete: (reader) => {
          const response = decode(api, reader, version);
          this.#noteThrottle(response as { readonly throttleTimeMs?: number });
          resolve(response);
          watched?.end();
        },
        fail: (error) => {
          reject(error);
          watched?.end(error);
        },
        onTimeout,
        timer: setTimeout(onTimeout, timeoutMs),
      });
      this.#socket.cork();
      for (const chunk of chunks) this.#socket.write(chunk);
      this.#socket.uncork();
    });
  }

  #takeCorrelationId(): number {
    const id = this.#nextCorrelationId;
    this.#nextCorrelationId = (id + 1) & 0x7f_ff_ff_ff;
    return id;
  }

  #onData(chunk: Buffer): void {
    try {
      for (const frame of this.#splitter.push(chunk)) this.#onFrame(frame);
    } catch (error) {
      this.#fail(isAppError(error) ? error : malformed(error));
    }
  }

  /** Every response header starts with the correlation id, whatever its version. */
  #onFrame(frame: Buffer): void {
    if (this.#failure) return;
    const correlationId = new Reader(frame).readInt32();
    const pending = this.#pending.get(correlationId);
    if (!pending) throw new AppError('corrupt', 'the broker answered what was not asked');
    this.#pending.delete(correlationId);
    clearTimeout(pending.timer);
    try {
      pending.complete(new Reader(frame));
    } catch (error) {
      const failure = malformed(error);
      pending.fail(failure);
      throw failure;
    }
  }

  #fail(error: AppError): void {
    if (this.#failure) return;
    this.#failure = error;
    this.#socket.destroy();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const request of pending) {
      clearTimeout(request.timer);
      request.fail(error);
    }
  }
}

function encode<Request, Response>(
  api: Api<Request, Response>,
  request: Request,
  header: { readonly version: number; readonly correlationId: number; readonly clientId: string },
): readonly Buffer[] {
  const writer = new Writer();
  const requestHeader = {
    ...defaultRequestHeader(),
    requestApiKey: api.info.apiKey,
    requestApiVersion: header.version,
    correlationId: header.correlationId,
    clientId: header.clientId,
  };
  writeRequestHeader(writer, requestHeader, requestHeaderVersion(api.info, header.version));
  api.write(writer, request, header.version);
  const length = Buffer.allocUnsafe(4);
  length.writeInt32BE(writer.size(), 0);
  return [length, ...writer.finish()];
}

function decode<Request, Response>(
  api: Api<Request, Response>,
  reader: Reader,
  version: number,
): Response {
  readResponseHeader(reader, responseHeaderVersion(api.info, version));
  const response = api.read(reader, version);
  reader.expectEnd();
  return response;
}

function readVersionsOrFallback(reader: Reader, version: number): ApiVersionsResponse {
  const isRefused = reader.buffer.readInt16BE(reader.position) === KafkaError.UNSUPPORTED_VERSION;
  return readApiVersionsResponse(reader, isRefused ? 0 : version);
}

function openSocket(options: ConnectionOptions): Promise<net.Socket> {
  const { host, port } = options;
  const timeoutMs = options.connectTimeoutMs ?? CONNECT_TIMEOUT_MS;
  return new Promise((resolve, reject) => {
    const socket = options.tls
      ? tls.connect({ host, port, ...options.tls })
      : net.connect({ host, port });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new AppError('timeout', `no connection to ${host}:${port} in ${timeoutMs} ms`));
    }, timeoutMs);
    socket.once('error', (error) => {
      clearTimeout(timer);
      reject(lost(options, error));
    });
    socket.once(options.tls ? 'secureConnect' : 'connect', () => {
      clearTimeout(timer);
      socket.removeAllListeners('error');
      resolve(socket);
    });
  });
}

function heldBack(ms: number): AppError {
  const cause: HeldBack = { retryAfterMs: Math.ceil(ms) };
  const seconds = Math.ceil(ms / 1_000);
  return new AppError('rate_limited', `The quota is used up: try again in ${seconds} s.`, {
    cause,
  });
}

function lost({ host, port }: ConnectionOptions, cause?: Error): AppError {
  const options = cause ? { detail: cause.message, cause } : {};
  return new AppError('unavailable', `no connection to the broker at ${host}:${port}`, options);
}

function malformed(cause: unknown): AppError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  return new AppError('corrupt', 'the broker sent an answer that cannot be read', {
    detail,
    cause,
  });
}

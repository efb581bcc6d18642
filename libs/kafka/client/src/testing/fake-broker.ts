import net from 'node:net';
import {
  API_INFOS,
  ApiKey,
  Reader,
  requestHeaderVersion,
  responseHeaderVersion,
  Writer,
  type ApiInfo,
} from '@weirhouse/kafka-protocol';
import { readRequestHeader } from '@weirhouse/kafka-protocol/messages/request-header';
import {
  defaultResponseHeader,
  writeResponseHeader,
} from '@weirhouse/kafka-protocol/messages/response-header';
import {
  defaultApiVersionsResponse,
  defaultApiVersionsResponseApiVersion,
  writeApiVersionsResponse,
} from '@weirhouse/kafka-protocol/messages/api-versions-response';
import { assert } from '@weirhouse/shared-kernel';

/** What a handler sees of a request. */
export interface FakeRequest {
  readonly apiKey: number;
  readonly version: number;
  readonly clientId: string | null;
  /** At the body. */
  readonly body: Reader;
}

/** Writes the response body; returning false leaves the request without an answer. */
export type FakeHandler = (request: FakeRequest, writer: Writer) => boolean | undefined | void;

/** A broker for the client's tests: real frames on a real socket, answers from handlers. */
export class FakeBroker {
  readonly requests: FakeRequest[] = [];
  readonly handlers = new Map<number, FakeHandler>();
  /** The versions it offers: everything our protocol library knows, unless a test changes it. */
  readonly versions = new Map(
    API_INFOS.map(({ apiKey, minVersion, maxVersion }) => [apiKey, [minVersion, maxVersion]]),
  );
  connections = 0;
  readonly #server: net.Server;
  readonly #sockets = new Set<net.Socket>();

  constructor() {
    this.#server = net.createServer((socket) => this.#serve(socket));
    this.handlers.set(ApiKey.ApiVersions, ({ version }, writer) => this.#answer(version, writer));
  }

  /** Listens on loopback and returns the port. */
  listen(): Promise<number> {
    return new Promise((resolve) => {
      this.#server.listen(0, '127.0.0.1', () => {
        const address = this.#server.address();
        assert(typeof address === 'object' && address !== null, 'a listening server has a port');
        resolve(address.port);
      });
    });
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  /** Keys of the APIs asked so far, without ApiVersions. */
  askedKeys(): readonly number[] {
    return this.requests.map(({ apiKey }) => apiKey).filter((key) => key !== ApiKey.ApiVersions);
  }

  #serve(socket: net.Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.on('close', () => this.#sockets.delete(socket));
    socket.on('error', () => undefined);
    let pending = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      pending = Buffer.concat([pending, chunk]);
      while (pending.length >= 4 && pending.length >= 4 + pending.readInt32BE(0)) {
        const end = 4 + pending.readInt32BE(0);
        this.#onFrame(socket, pending.subarray(4, end));
        pending = pending.subarray(end);
      }
    });
  }

  #onFrame(socket: net.Socket, frame: Buffer): void {
    const info = API_INFOS.find(({ apiKey }) => apiKey === frame.readInt16BE(0));
    assert(info !== undefined, 'the client asked for an API that does not exist');
    const version = frame.readInt16BE(2);
    const reader = new Reader(frame);
    const header = readRequestHeader(reader, requestHeaderVersion(info, version));
    const request = { apiKey: info.apiKey, version, clientId: header.clientId, body: reader };
    this.requests.push({ ...request, body: new Reader(frame, reader.position) });
    const handler = this.handlers.get(info.apiKey);
    assert(handler !== undefined, `no handler for ${info.name}`);
    const writer = new Writer();
    if (handler(request, writer) === false) return;
    this.#reply(socket, { info, version, correlationId: header.correlationId }, writer);
  }

  #reply(
    socket: net.Socket,
    request: { readonly info: ApiInfo; readonly version: number; readonly correlationId: number },
    body: Writer,
  ): void {
    const { info, version, correlationId } = request;
    const header = new Writer();
    const headerVersion = responseHeaderVersion(info, version);
    writeResponseHeader(header, { ...defaultResponseHeader(), correlationId }, headerVersion);
    const bytes = Buffer.concat([...header.finish(), ...body.finish()]);
    const length = Buffer.alloc(4);
    length.writeInt32BE(bytes.length);
    // In two pieces, so that the client has to join them.
    socket.write(Buffer.concat([length, bytes.subarray(0, 3)]));
    socket.write(bytes.subarray(3));
  }

  #answer(version: number, writer: Writer): void {
    const [, maxVersion = 0] = this.versions.get(ApiKey.ApiVersions) ?? [];
    const isKnown = version <= maxVersion;
    const response = {
      ...defaultApiVersionsResponse(),
      errorCode: isKnown ? 0 : 35,
      apiKeys: [...this.versions].map(([apiKey, [min = 0, max = 0]]) =>
        Object.assign(defaultApiVersionsResponseApiVersion(), {
          apiKey,
          minVersion: min,
          maxVersion: max,
        }),
      ),
    };
    writeApiVersionsResponse(writer, response, isKnown ? version : 0);
  }
}

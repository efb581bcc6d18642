import { Reader, Writer } from '@weirhouse/kafka-protocol';
import { assert } from '@weirhouse/shared-kernel';

import type { Broker } from '../broker.ts';
import type { BrokerConnection } from '../connection.ts';
import { API_VERSIONS_KEY } from '../frame-header.ts';
import type { ConnectionPort, Reply } from '../ports.ts';
import type { ApiCall } from './api-calls.ts';

/** A request under way: its answer when there is one. */
export class Exchange<Response> {
  readonly #decode: (frame: Buffer) => Response;
  #frame: Buffer | undefined;
  #reply: Reply | undefined;
  isAnswered = false;

  constructor(decode: (frame: Buffer) => Response) {
    this.#decode = decode;
  }

  onReply(reply: Reply | undefined): void {
    assert(!this.isAnswered, 'a request is answered once');
    this.isAnswered = true;
    this.#reply = reply;
    if (reply !== undefined) this.#frame = Buffer.concat(reply.chunks);
  }

  /** The whole answer with its length prefix; undefined when there was none. */
  get frame(): Buffer | undefined {
    return this.#frame;
  }

  get closesAfter(): boolean {
    return this.#reply?.closeAfter === true;
  }

  /** Tells the broker that the answer has left. */
  sent(): void {
    this.#reply?.onSent?.();
  }

  response(): Response {
    assert(this.#frame !== undefined, 'the request has an answer');
    return this.#decode(this.#frame);
  }
}

let nextCorrelationId = 1;

/** A client on one connection. What it sends is overwritten afterwards, as a read buffer would be. */
export class TestClient implements ConnectionPort {
  readonly #settle: () => void;
  readonly #connection: BrokerConnection;
  readonly clientId = 'test-client';
  isClosed = false;
  isReading = true;

  constructor(options: { broker: Broker; listenerName: string; host: string; settle: () => void }) {
    this.#settle = options.settle;
    this.#connection = options.broker.connect({
      listenerName: options.listenerName,
      remoteAddress: options.host,
      port: this,
    });
  }

  get maxFrameBytes(): number {
    return this.#connection.maxFrameBytes;
  }

  close(): void {
    this.isClosed = true;
  }

  /** Here a client takes everything at once. */
  end(): void {
    this.disconnect();
  }

  setReading(enabled: boolean): void {
    this.isReading = enabled;
  }

  /** The client goes away. */
  disconnect(): void {
    this.isClosed = true;
    this.#connection.onClose();
  }

  /** Sends a request and does not wait. */
  send<Request, Response>(
    api: ApiCall<Request, Response>,
    version: number,
    message: Partial<Request> = {},
  ): Exchange<Response> {
    const { apiKey, flexibleFrom } = api.schema;
    const isFlexible = version >= flexibleFrom;
    const correlationId = nextCorrelationId++;
    const writer = new Writer();
    writer.writeInt16(apiKey);
    writer.writeInt16(version);
    writer.writeInt32(correlationId);
    writer.writeNullableString(this.clientId);
    if (isFlexible) writer.writeTaggedFields(undefined);
    api.write(writer, { ...api.request(), ...message }, version);
    return this.sendFrame(Buffer.concat(writer.finish()), (frame) => {
      const reader = new Reader(frame);
      assert(reader.readInt32() === frame.length - 4, 'the length prefix is right');
      assert(reader.readInt32() === correlationId, 'the correlation id comes back');
      if (isFlexible && apiKey !== API_VERSIONS_KEY) reader.readTaggedFields();
      const response = api.read(reader, version);
      reader.expectEnd();
      return response;
    });
  }

  /** Sends any bytes as one frame. */
  sendFrame<Response>(bytes: Buffer, decode: (frame: Buffer) => Response): Exchange<Response> {
    const exchange = new Exchange(decode);
    this.#connection.onFrame(bytes, (reply) => {
      exchange.onReply(reply);
      if (reply?.closeAfter === true) this.disconnect();
    });
    bytes.fill(0xdb);
    return exchange;
  }

  /** Sends a request, lets everything settle and gives the answer. */
  call<Request, Response>(
    api: ApiCall<Request, Response>,
    version: number,
    message: Partial<Request> = {},
  ): Response {
    const exchange = this.send(api, version, message);
    this.#settle();
    const response = exchange.response();
    exchange.sent();
    return response;
  }
}

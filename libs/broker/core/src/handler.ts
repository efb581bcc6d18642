import type { MessageSchema, Reader, Writer } from '@weirhouse/kafka-protocol';

import type { SaslSession } from './sasl/sasl-session.ts';
import type { BrokerServices } from './services.ts';
import type { PrincipalUsage } from './usage/usage-ledger.ts';

/** Who speaks on a connection. `host` is the remote address as ACLs name it. */
export interface Caller {
  readonly principal: string;
  readonly host: string;
}

/** What a handler knows about one request besides its body. */
export interface RequestContext {
  readonly services: BrokerServices;
  readonly caller: Caller;
  readonly listenerName: string;
  readonly version: number;
  readonly clientId: string | null;
  readonly sasl: SaslSession;
  /** Where what the caller uses is counted. */
  readonly usage: PrincipalUsage;
  /** Keeps later requests of this connection from starting until the returned function is called. */
  readonly holdLine: () => () => void;
  /** Set by a handler that waits: called once when the connection ends before it has answered. */
  onAbandoned: (() => void) | undefined;
  /** Set by a handler that waits for what others may do: called when it is to answer with what there is. */
  onDrain: (() => void) | undefined;
}

/** How an answer leaves. */
export interface AnswerOptions {
  /** Called exactly once when the answer's bytes are no longer needed, sent or not. */
  readonly onSent?: () => void;
  readonly closeAfter?: boolean;
}

/** Answers a request, exactly once. `undefined` means that the protocol wants no answer (acks = 0). */
export type Respond<Response> = (response: Response | undefined, options?: AnswerOptions) => void;

/**
 * One API key. The advertised range may be wider than the served one (Produce); a request outside the
 * served range closes the connection.
 */
export interface Handler<Request, Response> {
  readonly schema: MessageSchema;
  readonly minVersion: number;
  readonly maxVersion: number;
  /** The lowest version advertised, when it is below the lowest one served. */
  readonly advertisedFrom?: number;
  /** False for what may be asked before authentication. */
  readonly authenticated: boolean;
  /** Where the answers differ from those of Kafka 4.3.1, in sentences for the compatibility page. */
  readonly notes?: readonly string[];
  /** True when nothing of the frame's bytes is kept after `handle` returns; otherwise it gets a copy. */
  readonly borrowsFrame?: boolean;
  read(reader: Reader, version: number): Request;
  write(writer: Writer, response: Response, version: number): void;
  handle(context: RequestContext, request: Request, respond: Respond<Response>): void;
}

/** Writes the body of an answer; the connection adds length and header. */
export interface Answer {
  readonly body: ((writer: Writer, throttleMs: number) => void) | undefined;
  /** How long the handler wants the client held back, in ms. */
  readonly throttleMs: number;
  readonly errorCode: number;
  readonly options: AnswerOptions;
}

/** A handler without its message types, as the dispatch table holds it. */
export interface AnyHandler {
  readonly schema: MessageSchema;
  readonly minVersion: number;
  readonly maxVersion: number;
  readonly advertisedFrom: number;
  readonly notes: readonly string[];
  readonly authenticated: boolean;
  readonly borrowsFrame: boolean;
  run(context: RequestContext, reader: Reader, answer: (answer: Answer) => void): void;
}

const NO_OPTIONS: AnswerOptions = {};

/**
 * Hides a handler's message types: decoding and encoding move inside. Bytes after the body are
 * ignored, as Kafka does: librdkafka leaves some behind its Metadata and SCRAM requests.
 */
export function defineHandler<Request, Response extends object>(
  handler: Handler<Request, Response>,
): AnyHandler {
  const { authenticated, maxVersion, minVersion, schema } = handler;
  return {
    schema,
    minVersion,
    maxVersion,
    advertisedFrom: handler.advertisedFrom ?? minVersion,
    notes: handler.notes ?? [],
    authenticated,
    borrowsFrame: handler.borrowsFrame ?? false,
    run(context, reader, answer) {
      const { version } = context;
      const request = handler.read(reader, version);
      handler.handle(context, request, (response, options = NO_OPTIONS) => {
        const body =
          response === undefined
            ? undefined
            : (writer: Writer, throttleTimeMs: number) =>
                handler.write(writer, throttled(response, throttleTimeMs), version);
        const throttleMs = numberOf(response, 'throttleTimeMs');
        answer({ body, throttleMs, errorCode: numberOf(response, 'errorCode'), options });
      });
    },
  };
}

/** The response with the time that the client is held back; some APIs have no place for it. */
function throttled<Response extends object>(response: Response, throttleTimeMs: number): Response {
  if (throttleTimeMs === 0 || !('throttleTimeMs' in response)) return response;
  return { ...response, throttleTimeMs };
}

function numberOf(response: object | undefined, field: 'errorCode' | 'throttleTimeMs'): number {
  const value: unknown = (response as Readonly<Record<string, unknown>> | undefined)?.[field];
  return typeof value === 'number' ? value : 0;
}

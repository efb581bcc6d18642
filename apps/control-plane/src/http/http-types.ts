import type { IncomingMessage, ServerResponse } from 'node:http';
import type { OpContext } from '../auth/op-context.ts';

/** What this app uses of Fastify's request. */
export interface HttpRequest {
  /** The request id; also in the header X-Request-Id of the answer. */
  readonly id: string;
  readonly method: string;
  /** The IP address of the peer. */
  readonly ip: string;
  /** Path and query as they came. */
  readonly url: string;
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  readonly headers: {
    readonly authorization?: string;
    readonly cookie?: string;
    readonly 'if-match'?: string;
    readonly 'if-none-match'?: string;
    readonly 'idempotency-key'?: string;
  };
  /** Set by the guard. */
  opContext?: OpContext;
}

/** What this app uses of Fastify's reply. */
export interface HttpReply {
  readonly sent: boolean;
  readonly statusCode: number;
  status(code: number): HttpReply;
  /** By their names in small letters. */
  getHeaders(): Readonly<Record<string, unknown>>;
  header(name: string, value: string): HttpReply;
  send(body: unknown): unknown;
}

/** A request whose body its handler reads as it comes. */
export type StreamRequest = HttpRequest & { readonly raw: IncomingMessage };

/** A reply that is written while the request is read. */
export type StreamReply = HttpReply & { readonly raw: ServerResponse };

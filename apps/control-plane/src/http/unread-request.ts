import { randomBytes } from 'node:crypto';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { dialectOfPath, failureBody, failureOf, type ErrorStatus } from '@weirhouse/cloud-contract';
import type { HttpRequest } from './http-types.ts';

/** What Node's parser says of a request that it cannot read. */
interface ClientError extends Error {
  readonly code?: string;
  readonly rawPacket?: unknown;
}

/** A request's name; also in the header X-Request-Id. */
export function newRequestId(): string {
  return randomBytes(16).toString('hex');
}

/** The body for a request whose path cannot be decoded (400), in the dialect of where it went. */
export function unroutableBody({ id, url }: Pick<HttpRequest, 'id' | 'url'>): object {
  const detail = 'The path of the request cannot be read: percent-encode its parts as UTF-8.';
  const failure = failureOf(400, [{ detail }], { requestId: id });
  return failureBody(failure, dialectOfPath(url.split('?', 1)[0] ?? ''));
}

/** Answers what is no HTTP request, or too long or too slow to be one, and ends the connection. */
export function answerUnreadable(error: ClientError, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (socket.writable) socket.write(unreadableAnswer(error));
  socket.destroy(error);
}

/** Answers a request whose body does not come to its end, and ends the connection. */
export function answerUnfinished(
  { id: requestId, url }: Pick<HttpRequest, 'id' | 'url'>,
  socket: Socket,
): void {
  const path = url.split('?', 1)[0] ?? '';
  socket.end(answerOf({ ...faultOf('ERR_HTTP_REQUEST_TIMEOUT'), path, requestId }));
}

function unreadableAnswer({ code, rawPacket }: ClientError): string {
  return answerOf({ ...faultOf(code), path: pathIn(rawPacket), requestId: newRequestId() });
}

function answerOf(fault: {
  readonly status: ErrorStatus;
  readonly detail: string;
  readonly path: string;
  readonly requestId: string;
}): string {
  const { detail, path, requestId, status } = fault;
  const failure = failureOf(status, [{ detail }], { requestId });
  const body = JSON.stringify(failureBody(failure, dialectOfPath(path)));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${requestId}`,
    'connection: close',
    '',
    body,
  ].join('\r\n');
}

function faultOf(code: string | undefined): { status: ErrorStatus; detail: string } {
  if (code === 'HPE_HEADER_OVERFLOW')
    return { status: 431, detail: 'The path, the query and the headers have 16 KiB at most.' };
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return { status: 408, detail: 'The request did not arrive in time.' };
  return { status: 400, detail: 'This is no HTTP request.' };
}

/** The path that the first line names; empty where there is none. */
function pathIn(packet: unknown): string {
  const start = Buffer.isBuffer(packet) ? packet.subarray(0, 1_024).toString('latin1') : '';
  return /^[A-Z]+ (?:\/api(?=\/))?([^ ?]*)/u.exec(start)?.[1] ?? '';
}

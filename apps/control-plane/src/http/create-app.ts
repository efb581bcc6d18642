import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { logAccess } from '../observability/access-log.ts';
import { createRequestMeter } from '../observability/api-metrics.ts';
import { AppModule, type AppPorts } from '../app.module.ts';
import { limitBodyTime } from './body-time.ts';
import { FORM_TYPE, parseForm } from './form-body.ts';
import { scopeRequests } from './request-scope.ts';
import type { HttpReply, HttpRequest } from './http-types.ts';
import { answerUnreadable, newRequestId, unroutableBody } from './unread-request.ts';

/** Largest request body, in bytes: the largest real one is under 10 KiB. */
const BODY_BYTES_MAX = 256 * 1024;
/** How long a client may take to send the head of its request, and then its body, in milliseconds. */
const HEAD_MAX_MS = 30_000;
const BODY_MAX_MS = 30_000;
/** How long nothing may move on a connection under way: a stream of records may pause this long. */
const SILENCE_MAX_MS = 300_000;
/** How long an idle connection is kept, in milliseconds. */
const KEEP_ALIVE_MS = 72_000;
/** Longest part of a path, in characters, as Node's bound on headers has it: schemas are stricter. */
const PARAM_CHARS_MAX = 16 * 1_024;
/** What counts as JSON: the plain type and those built on it. */
const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json(?:\s*;|$)/iu;

/** Bodies of this path are streams: they are read by its handler, which has limits of its own. */
const STREAMED_PATH = /^\/kafka\/v3\/clusters\/[^/]+\/topics\/[^/?]+\/records\/?(?:\?|$)/u;
const STREAMED_TYPE = 'application/x-json-stream';

/** Some clients of the contract put this before every path, others put nothing there. */
const API_PREFIX = '/api';

/** The REST API on Fastify, not listening yet. */
export async function createApp(
  ports: AppPorts,
  options: {
    /** Proxies that say for whom they ask, as addresses and networks with commas. */
    readonly trustedProxies?: string;
    /** Other limits for specs. */
    readonly bodyMaxMs?: number;
    readonly silenceMaxMs?: number;
  } = {},
): Promise<NestFastifyApplication> {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_BYTES_MAX,
    // Node's limit of whole requests has no exceptions: limitBodyTime is in its place.
    requestTimeout: 0,
    http: { headersTimeout: HEAD_MAX_MS },
    connectionTimeout: options.silenceMaxMs ?? SILENCE_MAX_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    trustProxy: options.trustedProxies ?? false,
    genReqId: newRequestId,
    frameworkErrors: (_error: Error, request: Pick<HttpRequest, 'id' | 'url'>, reply: object) => {
      // The framework's own type knows the answers of one route only.
      (reply as HttpReply)
        .status(400)
        .header('x-request-id', request.id)
        .header('content-type', 'application/json')
        .send(unroutableBody(request));
    },
    clientErrorHandler: answerUnreadable,
    rewriteUrl: ({ url = '/' }) =>
      url.startsWith(`${API_PREFIX}/`) ? url.slice(API_PREFIX.length) : url,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: PARAM_CHARS_MAX },
    // Closing waits for answers under way, not for idle connections.
    forceCloseConnections: 'idle',
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.on(ports), adapter, {
    logger: false,
    bodyParser: false,
    abortOnError: false,
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    const type = request.headers['content-type'] ?? '';
    if (STREAMED_PATH.test(request.url) && JSON_TYPE.test(type))
      request.raw.headers['content-type'] = STREAMED_TYPE;
    done();
  });
  scopeRequests(fastify);
  limitBodyTime(adapter, {
    maxMs: options.bodyMaxMs ?? BODY_MAX_MS,
    isStream: (url) => STREAMED_PATH.test(url),
  });
  const meter = createRequestMeter(ports.metrics);
  fastify.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    const durationMs = reply.elapsedTime;
    const answered = { method, route: routeOptions.url, status: reply.statusCode, durationMs };
    meter(answered);
    const { id: requestId, ip: clientAddress, opContext: ctx } = request as HttpRequest;
    logAccess(ports.log, { ...answered, requestId, clientAddress, ctx });
    done();
  });
  addBodyParsers(adapter);
  return app;
}

function addBodyParsers(adapter: FastifyAdapter): void {
  const fastify = adapter.getInstance();
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser(STREAMED_TYPE, (_request, body, done) => done(null, body));
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(JSON_TYPE, { parseAs: 'string' }, (request, body, done) => {
    // Clients send the type with bodiless requests too.
    if (body === '') done(null, undefined);
    else void parseJson(request, String(body), done);
  });
  fastify.addContentTypeParser(FORM_TYPE, { parseAs: 'string' }, (request, body, done) => {
    try {
      done(null, parseForm(request.url, String(body)));
    } catch (error) {
      done(error as Error);
    }
  });
}

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AppError } from '@weirhouse/shared-kernel';
import type { Registry } from 'prom-client';

export interface AdminOptions {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly registry: Registry;
  /** Liveness: the event loop answers. Never depends on recovery or on other processes. */
  readonly live?: () => boolean;
  /** Readiness and what to say about it; the object is the JSON body. */
  readonly readiness: () => { readonly ready: boolean } & Readonly<Record<string, unknown>>;
  /** Other paths, such as `/usage`, and what their JSON body is made from at each request. */
  readonly reports?: Readonly<Record<string, () => object>>;
}

const PATHS = ['/livez', '/readyz', '/metrics'];

export interface AdminServer {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Serves `/livez`, `/readyz` (200 or 503, JSON), `/metrics` (Prometheus text) and reports of one process. */
export async function startAdminServer(options: AdminOptions): Promise<AdminServer> {
  const server = createServer(
    { requestTimeout: 10_000, headersTimeout: 5_000 },
    (request, response) => {
      void answer(options, request, response);
    },
  );
  server.maxConnections = 64;
  await listen(server, options.host, options.port);
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(':') ? `[${options.host}]` : options.host;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'the port is in use' : cause.message;
      reject(
        new AppError('invalid_argument', `Admin port ${host}:${port} cannot be opened: ${why}.`, {
          field: 'admin.listener',
          cause,
        }),
      );
    });
    server.listen(port, host, () => resolve());
  });
}

async function answer(
  options: AdminOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return json(response, 405, { error: 'GET only' });
  switch (path) {
    case '/livez': {
      const live = options.live?.() ?? true;
      return json(response, live ? 200 : 503, { live });
    }
    case '/readyz': {
      const readiness = options.readiness();
      return json(response, readiness.ready ? 200 : 503, readiness);
    }
    case '/metrics': {
      response.setHeader('content-type', options.registry.contentType);
      response.end(await options.registry.metrics());
      return;
    }
    default: {
      const { reports = {} } = options;
      if (Object.hasOwn(reports, path)) return json(response, 200, reports[path]?.() ?? {});
      const paths = [...PATHS, ...Object.keys(reports)];
      return json(response, 404, { error: 'not found', paths });
    }
  }
}

function json(response: ServerResponse, status: number, body: object): void {
  response.statusCode = status;
  response.setHeader('content-type', 'application/json');
  response.end(`${JSON.stringify(body)}\n`);
}

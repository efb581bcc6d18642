import { Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CloudClient } from '@weirhouse/cloud-client';
import { AppError, Secret } from '@weirhouse/shared-kernel';
import { findCallerHeader } from '../auth/caller-header.ts';
import type { OpContext } from '../auth/op-context.ts';

/** What is used of Fastify: a request without a socket. */
interface SocketlessServer {
  inject(request: {
    readonly method: string;
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly payload?: string;
  }): Promise<{ readonly statusCode: number; readonly body: string }>;
}

/**
 * This very API, called in a caller's name and without a socket: what a plan does passes the same
 * checks and leaves the same audit records as if the caller had asked one by one.
 */
@Injectable()
export class OwnApi {
  constructor(private readonly host: HttpAdapterHost) {}

  /** Throws `forbidden` for a context that no request brought. */
  clientOf(ctx: OpContext): CloudClient {
    const authorization = findCallerHeader(ctx);
    if (authorization === undefined)
      throw new AppError('forbidden', 'Plans are made in the name of a caller with a credential.');
    const server = this.host.httpAdapter.getInstance<SocketlessServer>();
    return new CloudClient({
      baseUrl: 'http://own-api',
      apiKey: '',
      apiSecret: new Secret(''),
      authorization,
      fetch: (url, init = {}) => answerOf(server, { url: new Request(url).url, init }),
    });
  }
}

async function answerOf(
  server: SocketlessServer,
  { init, url }: { readonly url: string; readonly init: RequestInit },
): Promise<Response> {
  const { pathname, search } = new URL(url);
  const answer = await server.inject({
    method: init.method ?? 'GET',
    url: `${pathname}${search}`,
    headers: init.headers as Record<string, string>,
    ...(typeof init.body === 'string' ? { payload: init.body } : {}),
  });
  return new Response(answer.body === '' ? null : answer.body, { status: answer.statusCode });
}

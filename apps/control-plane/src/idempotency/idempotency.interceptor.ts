import { createHash } from 'node:crypto';
import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import { IDEMPOTENCY_KEY_PATTERN, isRepeatable } from '@weirhouse/cloud-contract';
import { AppError, assert } from '@weirhouse/shared-kernel';
import { firstValueFrom, from, type Observable } from 'rxjs';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { HttpReply, HttpRequest } from '../http/http-types.ts';
import { findRoute } from '../http/implements.ts';
import type { InvalidRequest } from '../http/input.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { openSecret, sealSecret } from '../secrets/envelope.ts';
import type { IdempotencyKey } from './idempotency-keys.repository.ts';

const HEADER = 'Idempotency-Key';
/** Largest answer that is kept, in bytes: those to creations have a few thousand. */
const ANSWER_BYTES_MAX = 64 * 1024;
/** Headers that belong to one exchange, not to the answer. */
const OWN_HEADERS = /^(?:x-|content-|date$|connection$|keep-alive$)/u;

interface KeptAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/**
 * Answers a request whose Idempotency-Key its caller has used before as it was answered then, and makes
 * nothing. The answer is kept, sealed, in the transaction that made the thing: there are both or none.
 * Refusals are not kept: they have made nothing, and a later try may do better.
 */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<HttpRequest>();
    const text = request.headers['idempotency-key'];
    const route = findRoute(context.getHandler());
    if (text === undefined || route === undefined || !isRepeatable(route)) return next.handle();
    const ctx = request.opContext;
    assert(ctx !== undefined, 'the guard has set the context');
    const key = this.#keyOf(text, ctx, request);
    return from(this.#answer(key, { ctx, next, request, reply: http.getResponse<HttpReply>() }));
  }

  async #answer(
    key: IdempotencyKey,
    exchange: {
      readonly ctx: OpContext;
      readonly next: CallHandler;
      readonly request: HttpRequest;
      readonly reply: HttpReply;
    },
  ): Promise<unknown> {
    const { ctx, next, reply, request } = exchange;
    const { idempotencyKeys } = this.repositories;
    const earlier = await this.#find(key);
    if (earlier !== undefined) return repeat(earlier, reply);
    const held = this.unit.hold((tx) => idempotencyKeys.claim(tx, key));
    request.opContext = { ...ctx, held };
    try {
      const body: unknown = await firstValueFrom(next.handle());
      const answer = this.#seal(key, { status: reply.statusCode, headers: headersOf(reply), body });
      await held.commit((tx) => idempotencyKeys.keep(tx, key.id, answer));
      return body;
    } catch (error) {
      await held.undo();
      // The same request, sent twice at once, may be why this one failed.
      const meanwhile = await this.#find(key);
      if (meanwhile === undefined) throw error;
      return repeat(meanwhile, reply);
    }
  }

  #keyOf(text: string, { actor, organizationId }: OpContext, request: HttpRequest): IdempotencyKey {
    if (!IDEMPOTENCY_KEY_PATTERN.test(text))
      throw refusal(400, `${HEADER} must be 1 to 255 visible ASCII characters.`);
    const { body, method, url } = request;
    return {
      id: hashOf([organizationId, actor.id, text]),
      organizationId,
      requestHash: hashOf([method, url, JSON.stringify(body) ?? '']),
      createdAtMs: this.ports.clock.wallMs(),
    };
  }

  async #find({ createdAtMs, id, requestHash }: IdempotencyKey): Promise<KeptAnswer | undefined> {
    const kept = await this.repositories.idempotencyKeys.find(id, createdAtMs);
    if (kept === undefined) return undefined;
    if (kept.requestHash !== requestHash)
      throw refusal(422, `${HEADER} was used for another request: take a new one for each.`);
    const plain = openSecret(this.ports.masterKey, kept.answer, contextOf(id));
    return JSON.parse(plain.toString('utf8')) as KeptAnswer;
  }

  #seal({ id }: IdempotencyKey, answer: KeptAnswer): Buffer {
    const plain = Buffer.from(JSON.stringify(answer));
    assert(plain.length <= ANSWER_BYTES_MAX, 'answers to creations are small');
    return sealSecret(this.ports.masterKey, plain, contextOf(id));
  }
}

function repeat({ body, headers, status }: KeptAnswer, reply: HttpReply): unknown {
  reply.status(status).header('idempotent-replayed', 'true');
  for (const [name, value] of Object.entries(headers)) reply.header(name, value);
  return body;
}

function headersOf(reply: HttpReply): Readonly<Record<string, string>> {
  const entries = Object.entries(reply.getHeaders()).filter(([name]) => !OWN_HEADERS.test(name));
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

/** What an envelope is bound to. */
function contextOf(id: string): string {
  return `answer:${id}`;
}

function hashOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function refusal(status: 400 | 422, detail: string): AppError {
  const cause: InvalidRequest = { status, problems: [{ detail, parameter: HEADER }] };
  return new AppError('invalid_argument', detail, { cause });
}

import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { organizationCrn } from '@weirhouse/cloud-contract';
import type { Log } from '@weirhouse/shared-kernel';
import { parseAuthorization } from '../auth/authorization-header.ts';
import { Repositories } from '../database/repositories.ts';
import type { HttpRequest } from '../http/http-types.ts';
import { TokenBuckets } from '../http/token-buckets.ts';
import { LOG, PORTS, type ServicePorts } from '../ports.ts';

/** Refusals recorded at once and per second, of a caller and of all: floods must not fill the disk. */
const CALLER_RATE = { burst: 20, perSecond: 0.1 };
const TOTAL_RATE = { burst: 200, perSecond: 5 };
/** Callers remembered: a few hundred KiB. */
const CALLERS_MAX = 5_000;

const ALL = 'all';

/**
 * Records accesses that were refused: of callers that are known but may not, and of keys that exist
 * and were shown with a wrong secret or to a wrong route. Nothing waits for it, so that no answer's
 * time tells whether a key exists.
 */
@Injectable()
export class DenialLog implements OnModuleDestroy {
  readonly #callers = new TokenBuckets(CALLER_RATE, CALLERS_MAX);
  readonly #total = new TokenBuckets(TOTAL_RATE, 1);
  readonly #underWay = new Set<Promise<void>>();

  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) private readonly ports: ServicePorts,
    @Inject(LOG) private readonly log: Log,
  ) {}

  /** Notes a refusal of a route; says nothing when it cannot. */
  note(status: 401 | 403, request: HttpRequest, action: string): void {
    const nowMs = this.ports.clock.wallMs();
    const caller = request.opContext?.actor.id ?? request.ip;
    if (!this.#callers.take(caller, nowMs).isTaken) return;
    if (!this.#total.take(ALL, nowMs).isTaken) return;
    const writing = this.#write(status, request, { action, nowMs })
      .catch((error: unknown) => {
        this.log.warn({ error }, 'a refused access could not be recorded');
      })
      .finally(() => this.#underWay.delete(writing));
    this.#underWay.add(writing);
  }

  /** Resolves when every refusal that was noted is recorded, or could not be. */
  async settle(): Promise<void> {
    await Promise.all(this.#underWay);
  }

  onModuleDestroy(): Promise<void> {
    return this.settle();
  }

  async #write(
    status: 401 | 403,
    request: HttpRequest,
    { action, nowMs }: { readonly action: string; readonly nowMs: number },
  ): Promise<void> {
    const credentialId = findKeyId(request);
    const known = request.opContext ?? (await this.#findOwner(credentialId));
    if (known === undefined) return;
    const { actor, organizationId } = known;
    await this.repositories.auditEvents.insertDenial({
      organizationId,
      actor: actor.name,
      action,
      resourceCrn: organizationCrn(organizationId),
      requestId: request.id,
      result: status === 403 ? 'FORBIDDEN' : 'UNAUTHENTICATED',
      clientAddress: request.ip,
      credentialId,
      createdAtMs: nowMs,
    });
  }

  async #findOwner(
    keyId: string | undefined,
  ): Promise<
    { readonly organizationId: string; readonly actor: { readonly name: string } } | undefined
  > {
    const key = keyId && (await this.repositories.apiKeys.findForLogin(keyId));
    if (!key) return undefined;
    return { organizationId: key.organizationId, actor: { name: `User:${key.owner.id}` } };
  }
}

function findKeyId({ headers }: HttpRequest): string | undefined {
  if (headers.authorization === undefined) return undefined;
  const credentials = parseAuthorization(headers.authorization);
  return credentials?.scheme === 'basic' ? credentials.id : undefined;
}

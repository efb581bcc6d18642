import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { findRoute, isOpen } from '../http/implements.ts';
import type { HttpReply, HttpRequest } from '../http/http-types.ts';
import { RequestLimits } from '../http/request-limits.ts';
import { traced } from '../observability/spans.ts';
import { Authenticator, invalidCredential } from './authenticator.ts';
import { forbidden, isAllowedSomewhere } from './authorize.ts';
import { rememberCallerHeader } from './caller-header.ts';
import { GrantsReader } from './grants-reader.ts';
import { anonymousContext, type Identity } from './op-context.ts';

/**
 * Lets a request through when its credential is good, of a kind that the route takes, and its owner
 * may use the route somewhere. Services then authorise for the object they looked up.
 */
@Injectable()
export class CredentialGuard implements CanActivate {
  constructor(
    private readonly authenticator: Authenticator,
    private readonly grants: GrantsReader,
    private readonly limits: RequestLimits,
  ) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler();
    if (isOpen(handler)) return true;
    const route = findRoute(handler);
    // A handler that is neither in the contract nor marked open is a mistake: nobody gets in.
    if (route === undefined) return false;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    if (route.credentials.length === 0) {
      request.opContext = anonymousContext(request.id, request.ip);
      return true;
    }
    const caller = {
      header: request.headers.authorization,
      requestId: request.id,
      address: request.ip,
    };
    const identity = await traced({ name: 'authenticate', kind: 'internal' }, () =>
      this.authenticator.authenticate(caller, route.credentials),
    );
    this.limits.require(identity, context.switchToHttp().getResponse<HttpReply>());
    requireOwnCluster(identity, request);
    const ctx = { ...identity, grants: await this.grants.of(identity) };
    request.opContext = ctx;
    if (route.permission !== undefined && !isAllowedSomewhere(ctx, route.permission))
      throw forbidden(ctx, route.permission);
    rememberCallerHeader(ctx, request.headers.authorization);
    return true;
  }
}

/** A cluster's key opens the routes of that cluster: of others it does not even tell the existence. */
function requireOwnCluster(ctx: Identity, request: HttpRequest): void {
  if (ctx.clusterId === undefined) return;
  const { cluster_id: clusterId } = request.params as { readonly cluster_id?: string };
  if (clusterId !== undefined && clusterId !== ctx.clusterId)
    throw invalidCredential('it belongs to another cluster');
}

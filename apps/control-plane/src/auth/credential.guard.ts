import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { findRoute, isOpen } from '../http/implements.ts';
import type { HttpRequest } from '../http/http-types.ts';
import { Authenticator } from './authenticator.ts';
import { forbidden, isAllowedSomewhere } from './authorize.ts';

/**
 * Lets a request through when its credential is good, of a kind that the route takes, and its owner
 * may use the route somewhere. Services then authorise for the object they looked up.
 */
@Injectable()
export class CredentialGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler();
    if (isOpen(handler)) return true;
    const route = findRoute(handler);
    // A handler that is neither in the contract nor marked open is a mistake: nobody gets in.
    if (route === undefined) return false;
    if (route.credentials.length === 0) return true;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const ctx = await this.authenticator.authenticate(request.headers.authorization, request.id);
    if (route.permission !== undefined && !isAllowedSomewhere(ctx, route.permission))
      throw forbidden(ctx, route.permission);
    request.opContext = ctx;
    return true;
  }
}

import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import { findRoute, isOpen } from '../http/implements.ts';
import type { HttpRequest } from '../http/http-types.ts';
import { Authenticator } from './authenticator.ts';
import { isAllowed } from './authorize.ts';

/** Lets a request through when its key is good and its owner may use the route. */
@Injectable()
export class CloudKeyGuard implements CanActivate {
  constructor(private readonly authenticator: Authenticator) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const handler = context.getHandler();
    if (isOpen(handler)) return true;
    const route = findRoute(handler);
    // A handler that is neither in the contract nor marked open is a mistake: nobody gets in.
    if (route === undefined) return false;
    const request = context.switchToHttp().getRequest<HttpRequest>();
    const ctx = await this.authenticator.authenticate(request.headers.authorization, request.id);
    if (!isAllowed(ctx, route.permission)) {
      throw new AppError(
        'forbidden',
        `${ctx.actor.name} may not do ${route.permission}: ask for a role that allows it.`,
      );
    }
    request.opContext = ctx;
    return true;
  }
}

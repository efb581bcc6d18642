import {
  applyDecorators,
  HttpCode,
  RequestMapping,
  RequestMethod,
  SetMetadata,
} from '@nestjs/common';
import type { Route, RouteInput, RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';

const ROUTE = 'weirhouse:route';
const OPEN = 'weirhouse:open';
const STREAM = 'weirhouse:stream';

type Handler<R extends Route> = (ctx: OpContext, input: RouteInput<R>) => Promise<RouteOutput<R>>;

/**
 * Makes a method the handler of a contract route: its method, path, status, schemas and permission
 * come from the route table, and the compiler holds its parameters and result against the schemas.
 */
export function Implements<const R extends Route>(
  route: R,
): <H extends Handler<R>>(
  target: object,
  name: string | symbol,
  descriptor: TypedPropertyDescriptor<H>,
) => void {
  return applyDecorators(
    RequestMapping({
      path: routerPath(route.path),
      method: RequestMethod[route.method],
    }),
    HttpCode(route.response.status),
    SetMetadata(ROUTE, route),
  );
}

/**
 * The router writes parameters with a colon, so a colon of the path itself is written twice. Before a
 * verb the parameter may hold anything: a colon that was percent-encoded is one by then.
 */
function routerPath(path: string): string {
  const literal = path.replaceAll(':', '::');
  return literal.replaceAll(/\{([^}]+)\}(::)?/gu, (_, name: string, verb: string | undefined) =>
    verb === undefined ? `:${name}` : `:${name}([^]+)${verb}`,
  );
}

/** As `Implements`, for a handler that reads its body and writes its answer by itself, as streams. */
export function ImplementsStream(route: Route): MethodDecorator {
  return applyDecorators(
    RequestMapping({ path: routerPath(route.path), method: RequestMethod[route.method] }),
    SetMetadata(ROUTE, route),
    SetMetadata(STREAM, true),
  );
}

/** Whether a handler was marked by `ImplementsStream`. */
export function isStream(handler: object): boolean {
  return Reflect.getMetadata(STREAM, handler) === true;
}

/** Marks a handler outside the contract that needs no key: health, metrics, the contract itself. */
export function Open(): MethodDecorator {
  return SetMetadata(OPEN, true);
}

/** The route a handler implements. */
export function findRoute(handler: object): Route | undefined {
  return Reflect.getMetadata(ROUTE, handler) as Route | undefined;
}

/** Whether a handler was marked by `Open`. */
export function isOpen(handler: object): boolean {
  return Reflect.getMetadata(OPEN, handler) === true;
}

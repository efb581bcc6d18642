import { Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import type { Route } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { findRoute } from './implements.ts';

/** A handler of a GET route with the route it is of. */
export interface ReadHandler {
  readonly route: Route;
  readonly read: (ctx: OpContext, input: unknown) => Promise<unknown>;
}

/** Finds what answers a GET on a path, so that other methods can know what it would say. */
@Injectable()
export class ReadHandlers {
  #byPath: ReadonlyMap<string, ReadHandler> | undefined;

  constructor(private readonly modules: ModulesContainer) {}

  /** The handler of GET on a route's path. */
  find(path: string): ReadHandler | undefined {
    this.#byPath ??= new Map(this.#all().map((handler) => [handler.route.path, handler]));
    return this.#byPath.get(path);
  }

  #all(): readonly ReadHandler[] {
    const controllers = [...this.modules.values()].flatMap((module) =>
      Array.from(module.controllers.values(), ({ instance }) => instance),
    );
    return controllers.flatMap((controller) => handlersOf(controller));
  }
}

function handlersOf(controller: object): readonly ReadHandler[] {
  const prototype = Object.getPrototypeOf(controller) as object;
  return Object.getOwnPropertyNames(prototype).flatMap((name) => {
    const handler: unknown = Reflect.get(prototype, name);
    if (name === 'constructor' || typeof handler !== 'function') return [];
    const route = findRoute(handler);
    if (route?.method !== 'GET') return [];
    return [{ route, read: handler.bind(controller) as ReadHandler['read'] }];
  });
}

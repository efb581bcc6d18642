import { AsyncLocalStorage } from 'node:async_hooks';

/** What a piece of work is done for: it goes with the work through every await. */
export interface OpScope {
  /** Of a request, or made for a pass of the reconciler: what log lines of one piece of work share. */
  readonly requestId: string;
  /** Of a pass of the reconciler. */
  readonly clusterId?: string;
}

const storage = new AsyncLocalStorage<OpScope>();

/** Runs work within a scope. */
export function inScope<T>(scope: OpScope, work: () => T): T {
  return storage.run(scope, work);
}

/** What the present work is done for; undefined outside requests and passes. */
export function findScope(): OpScope | undefined {
  return storage.getStore();
}

import { inject } from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** The folder of the run's Postgres server; undefined outside the project `postgres`. */
    postgresFolder: string | undefined;
  }
}

/** The folder of the Postgres server that specs share in this run, if they run on one. */
export function findRunPostgres(): string | undefined {
  return inject('postgresFolder');
}

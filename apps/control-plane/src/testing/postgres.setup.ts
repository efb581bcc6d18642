import type { TestProject } from 'vitest/node';
import { findPostgres, startPostgres, type TestPostgres } from '../database/postgres-testing.ts';

let server: TestPostgres | undefined;

/** Starts the Postgres server of the project `postgres`. */
export async function setup(project: TestProject): Promise<void> {
  const found = await findPostgres();
  if ('why' in found) throw new Error(found.why);
  server = await startPostgres(found.bin);
  project.provide('postgresFolder', server.folder);
}

/** Stops it. */
export async function teardown(): Promise<void> {
  await server?.stop();
}

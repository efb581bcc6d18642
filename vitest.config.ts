import { defineConfig } from 'vitest/config';

import { findPostgres } from './apps/control-plane/src/database/postgres-testing.ts';

const CONTROL_PLANE = 'apps/control-plane/src';

// What the REST API and the reconciler say of a database holds on Postgres too, where there is one.
const found = await findPostgres();
if ('why' in found && process.env['CI'] === 'true') throw new Error(`CI asks for it: ${found.why}`);
if ('why' in found) process.stderr.write(`No specs on Postgres: ${found.why}.\n`);
const onPostgres = {
  extends: true as const,
  test: {
    name: 'postgres',
    include: [
      `${CONTROL_PLANE}/**/*.controller.spec.ts`,
      `${CONTROL_PLANE}/{audit,audit-delivery,auth,idempotency,quickstart,reconcile}/**/*.spec.ts`,
      `${CONTROL_PLANE}/http/conditional.spec.ts`,
    ],
    exclude: [`${CONTROL_PLANE}/reconcile/random-kills.spec.ts`],
    globalSetup: `${CONTROL_PLANE}/testing/postgres.setup.ts`,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source'] } },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{apps/*,libs/*/*}/src/**/*.spec.ts'],
          // For what hangs: simulations take seconds, and several times that on a busy machine.
          testTimeout: 60_000,
          // Closing a test database explains every statement that it was sent.
          hookTimeout: 60_000,
        },
      },
      ...('bin' in found ? [onPostgres] : []),
      {
        extends: true,
        test: { name: 'architecture', include: ['test/architecture/**/*.spec.ts'] },
      },
      {
        extends: true,
        test: {
          name: 'system',
          include: ['test/{integration,conformance,e2e}/**/*.spec.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          fileParallelism: false,
          // Real processes and clients: after everything else, so that they have the machine to themselves.
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});

import { defineConfig } from 'vitest/config';

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

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess } from '@weirhouse/testing-harness';
import { freePorts } from './free-ports.ts';
import type { BenchNode } from './node.ts';

/** Our broker as it is shipped: built, with its own defaults, durable before it acknowledges. */
export async function weirhouseNode(folder: string): Promise<BenchNode> {
  const [port = 0] = await freePorts(1);
  const address = { host: '127.0.0.1', port };
  mkdirSync(folder, { recursive: true });
  return {
    side: 'weirhouse',
    address,
    start: () =>
      startProcess({
        args: [
          '--max-semi-space-size=8',
          'apps/broker/dist/main.cjs',
          '--dir',
          join(folder, 'data'),
          '--listen',
          `${address.host}:${address.port}`,
        ],
      }),
  };
}

import { join } from 'node:path';
import { startCloud, temporaryFolder } from '@weirhouse/testing-harness';
import { expect, test } from 'vitest';
import { goWalk, hasGo } from './go-walk.ts';

const BROKER_PORTS = '31510-31559';
/** Starting the cloud, building the client and its walk, on a busy machine. */
const WALK_MAX_MS = 300_000;

test.skipIf(!hasGo)(
  'a client in Go walks every family without stumbling',
  async () => {
    const folder = temporaryFolder('contract-go');
    const home = join(folder.path, 'state');
    const cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
    try {
      expect(await goWalk(folder.path, join(home, 'quickstart.json'))).toEqual([]);
    } finally {
      cloud.kill('SIGTERM');
      await cloud.exited();
      folder.remove();
    }
  },
  WALK_MAX_MS,
);

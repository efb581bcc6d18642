import { join } from 'node:path';
import { startCloud, temporaryFolder } from '@weirhouse/testing-harness';
import { expect, test } from 'vitest';
import { startGroup } from './consumer-group.ts';
import { goWalk, hasGo } from './go-walk.ts';
import { BROKER_PORTS } from './running-cloud.ts';
import { readStates } from './state.ts';

/** Starting the cloud, building the client and its walk, on a busy machine. */
const WALK_MAX_MS = 500_000;

test.skipIf(!hasGo)(
  'a client in Go asks for every operation that is served, without stumbling',
  async () => {
    const folder = temporaryFolder('contract-go');
    const home = join(folder.path, 'state');
    // Its issuer of tokens is on loopback.
    const env = { WEIRHOUSE_ISSUER_NETWORKS: 'any' };
    const cloud = await startCloud({ home, brokerPorts: BROKER_PORTS, env });
    const endGroup = await startGroup(cloud.quickstart);
    try {
      const { operations, walks } = await goWalk(folder.path, join(home, 'quickstart.json'));
      expect(walks.filter((line) => !line.endsWith(': ok'))).toEqual([]);
      const served = readStates().filter(({ ours }) => ours !== undefined);
      expect(served.map(({ name }) => name).filter((name) => !operations.has(name))).toEqual([]);
    } finally {
      await endGroup();
      cloud.kill('SIGTERM');
      await cloud.exited();
      folder.remove();
    }
  },
  WALK_MAX_MS,
);

import { join } from 'node:path';
import { startCloud, temporaryFolder } from '@weirhouse/testing-harness';
import { expect, test } from 'vitest';
import { startGroup } from './consumer-group.ts';
import { goWalk, hasGo } from './go-walk.ts';
import { BROKER_PORTS } from './running-cloud.ts';
import { nameOf } from './facts.ts';
import { readOurFacts } from './our-facts.ts';

/** Starting the cloud, building the client and its walk, on a busy machine. */
const WALK_MAX_MS = 500_000;

/** APIs of the contract, those parts of kafka/v3 included that only its wider description has; previews are ours. */
const FAMILIES =
  /^\/(?:org|cmk|iam|kafka|kafka-quotas|service-quota|fcpm|srcm|sts|billing|v2\/metrics)\/.*(?<!:plan)$/u;

const SERVED = [...readOurFacts().values()]
  .filter(({ path }) => FAMILIES.test(path))
  .map((operation) => nameOf(operation));

/** While there is one broker nothing moves, so that this is always 404. */
const NEVER: ReadonlySet<string> = new Set(['getKafkaReassignment']);

test.skipIf(!hasGo)(
  'a client in Go asks for every operation that is served, without stumbling',
  async () => {
    const folder = temporaryFolder('contract-go');
    const home = join(folder.path, 'state');
    // Its issuer of tokens is on loopback.
    const env = { WEIRHOUSE_ISSUER_NETWORKS: 'any' };
    const cloud = await startCloud({ home, brokerPorts: BROKER_PORTS, env });
    const member = await startGroup(cloud.quickstart);
    try {
      const { operations, walks } = await goWalk(folder.path, join(home, 'quickstart.json'));
      expect(walks.filter((line) => !line.endsWith(': ok'))).toEqual([]);
      const missing = SERVED.filter((name) => !operations.has(name) && !NEVER.has(name));
      expect(missing).toEqual([]);
    } finally {
      await member.leave();
      cloud.kill('SIGTERM');
      await cloud.exited();
      folder.remove();
    }
  },
  WALK_MAX_MS,
);

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCloud, temporaryFolder, waitFor, type TestCloud } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { globalLogin, readSecrets, startWeir, type Ran, type Running } from './weir/command.ts';
import { countLive, type Counts } from './weir/live-counts.ts';

const BROKER_PORTS = '31740-31748';
/** The same after each start, so that a command goes on where its server comes back. */
const PORT = '31749';
/** One that was cut off keeps the next one out for seconds, and that several times. */
const KILLS_MS = 300_000;

const FILE = `
name: kills
environments:
  shop:
    clusters:
      main:
        kind: Basic
        cloud: AWS
        region: local
        topics: { orders: { partitions: 1 } }
        acls:
          - { principal: writer, operation: WRITE, resource_type: TOPIC, resource_name: orders }
        quotas:
          limited: { principals: [writer], ingress_byte_rate: 20000, egress_byte_rate: 20000 }
service_accounts:
  writer: { keys: { main: { for: shop/main }, cloud: { for: cloud } } }
role_bindings:
  - { principal: writer, role: DeveloperRead, on: shop/main, topic: orders }
`;
/** What the file declares, by kind: nothing twice, nothing left over. */
const WHOLE: Counts = {
  environments: 1,
  clusters: 1,
  accounts: 1,
  keys: 2,
  bindings: 1,
  topics: 1,
  acls: 1,
  quotas: 1,
};
/** Moments of an apply: the line that it printed last, and how long after it, in milliseconds. */
const MOMENTS = [
  { line: 'environment.shop: create begun', afterMs: 5 },
  { line: 'cluster.shop/main: create begun', afterMs: 40 },
  { line: 'topic.shop/main/orders: create begun', afterMs: 15 },
  { line: 'api_key.writer/cloud: create begun', afterMs: 25 },
  { line: 'api_key.writer/main: create begun', afterMs: 60 },
] as const;

describe('an apply that is cut off', () => {
  const folder = temporaryFolder('weir-kills');
  const home = join(folder.path, 'state');
  const file = join(folder.path, 'weir.yaml');
  const secrets = join(folder.path, 'secrets');
  let cloud: TestCloud;

  const weir = (verb: string): Running =>
    startWeir({ cloud, login: globalLogin(cloud) }, [
      verb,
      '-f',
      file,
      '--auto-approve',
      '--secrets',
      secrets,
    ]);
  const start = async (): Promise<void> => {
    cloud = await startCloud({ home, brokerPorts: BROKER_PORTS, env: { WEIRHOUSE_PORT: PORT } });
  };

  beforeAll(async () => {
    writeFileSync(file, FILE);
    await start();
  });
  beforeEach(async () => {
    const { code, out } = await weir('destroy').ended;
    if (code !== 0) throw new Error(out);
    const { counts } = await countLive(cloud, 'shop');
    if (Object.values(counts).some((count) => count > 0)) throw new Error(JSON.stringify(counts));
  });
  afterAll(async () => {
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  });

  test(
    'ends where a whole one ends, wherever the command was killed',
    async () => {
      for (const { afterMs, line } of MOMENTS) {
        const running = weir('apply');
        await after(running, { afterMs, line });
        running.child.kill('SIGKILL');
        await running.ended;
      }
      expect((await weir('apply').ended).code).toBe(0);
      await expectWhole();
    },
    KILLS_MS,
  );

  test(
    'ends where a whole one ends, wherever the control plane was killed',
    async () => {
      for (const moment of MOMENTS.slice(1, 4)) {
        const running = weir('apply');
        await after(running, moment);
        cloud.kill('SIGKILL');
        await cloud.exited();
        await start();
        const { code, out } = await running.ended;
        // It goes on when the server is back; only a creation whose answer was lost is not sent twice.
        expect(out).toContain(code === 0 ? 'Applied:' : 'Run the same command again');
        expect((await weir('apply').ended).code).toBe(0);
        await expectWhole();
        expect((await weir('destroy').ended).code).toBe(0);
      }
    },
    KILLS_MS,
  );

  test(
    'and two at once are one after the other',
    async () => {
      const both = [weir('apply'), weir('apply')].map(({ ended }) => ended);
      const [first, second] = await Promise.all(both);
      expect([first?.code, second?.code]).toEqual([0, 0]);
      const outs = [first?.out, second?.out].join('\n');
      expect(outs).toContain('Waiting: The configuration kills is being applied by User:');
      expect(outs.match(/Applied: \d+ changes? done/gu)).toHaveLength(1);
      await expectWhole();
    },
    KILLS_MS,
  );

  /** The live state is the file's; every key that is there opens what it is for with its line's secret. */
  async function expectWhole(): Promise<void> {
    const again: Ran = await weir('plan').ended;
    expect(again.out).toContain('the live state is what the file says');
    const { clusterId, counts } = await countLive(cloud, 'shop');
    expect(counts).toEqual(WHOLE);
    const logins = readSecrets(secrets);
    const paths = {
      'api_key.writer/cloud': '/org/v2/environments',
      'api_key.writer/main': `/kafka/v3/clusters/${clusterId}/topics`,
    };
    for (const [address, path] of Object.entries(paths)) {
      const { key, secret } = logins.get(address) ?? { key: '', secret: '' };
      const authorization = `Basic ${Buffer.from(`${key}:${secret}`).toString('base64')}`;
      const answer = await fetch(`${cloud.quickstart.apiUrl}${path}`, {
        headers: { authorization },
      });
      expect([address, answer.status]).toEqual([address, 200]);
    }
  }
});

/** Returns so long after a line was printed, or when the command has ended before it came to that. */
async function after(
  running: Running,
  { afterMs, line }: { readonly line: string; readonly afterMs: number },
): Promise<void> {
  await waitFor(
    line,
    () => running.output().includes(line) || running.child.exitCode !== null,
    60_000,
  );
  await new Promise((resolve) => {
    setTimeout(resolve, afterMs);
  });
}

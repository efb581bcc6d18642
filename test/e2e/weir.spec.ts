import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  requireTool,
  startCloud,
  temporaryFolder,
  waitFor,
  waitForBroker,
  type TestCloud,
} from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CLIENTS } from '../conformance/matrix/clients.ts';
import { startDriver, type Driver } from '../conformance/matrix/driver.ts';
import { canRun } from '../conformance/matrix/programs.ts';
import { REFUSED, rightsOf, sentenceOf } from './weir/access.ts';
import { deedOf, idsIn, readAuditLog, type AuditLine } from './weir/audit-log.ts';
import { globalLogin, readSecrets, startWeir, type Login, type Ran } from './weir/command.ts';
import { findCluster, type FoundCluster } from './weir/found-cluster.ts';
import { tablesThatHold } from './weir/rows.ts';
import {
  javaClient,
  kcat,
  KCAT_LACKS,
  kcatClient,
  type JavaClient,
  type WalkClient,
} from './weir/walk-clients.ts';
import {
  APPLIED_DEEDS,
  DESTROYED_DEEDS,
  WALK_FILE,
  WALK_OBJECTS,
  WITHOUT_BINDING,
  WITHOUT_QUOTA,
  WRITER_BYTE_RATE,
} from './weir/walk-file.ts';

const BROKER_PORTS = '31600-31699';
/** What is written under a quota, in bytes: eight seconds more than may be written at once. */
const WRITTEN_BYTES = 18 * WRITER_BYTE_RATE;
/** A lost role closes brokers so soon, in milliseconds. */
const CLOSED_WITHIN_MS = 5_000;
/** Jars and a compiler on a first run, in milliseconds. */
const JAVA_PREPARE_MS = 600_000;
const WALK_MS = 120_000;
const hasKcat = requireTool('kcat', 'apt-get install kcat');
const hasJava = canRun(CLIENTS['java-4'].program);

describe('a whole configuration, from a file to clients and back', () => {
  const folder = temporaryFolder('weir');
  const home = join(folder.path, 'state');
  const file = join(folder.path, 'weir.yaml');
  const secretsFile = join(folder.path, 'secrets');
  let cloud: TestCloud;
  let login: Login;
  let cluster: FoundCluster;
  let driver: Driver | undefined;
  let java: JavaClient;

  const weir = (verb: string, ...args: readonly string[]): Promise<Ran> =>
    startWeir({ cloud, login }, [verb, '-f', file, ...args]).ended;
  const apply = (text: string): Promise<Ran> => {
    writeFileSync(file, text);
    return weir('apply', '--auto-approve', '--secrets', secretsFile);
  };
  const loginOf = (account: string): Login =>
    readSecrets(secretsFile).get(`api_key.${account}/main`) ?? { key: '', secret: '' };

  beforeAll(async () => {
    cloud = await startCloud({ home, brokerPorts: BROKER_PORTS });
    login = globalLogin(cloud);
    writeFileSync(file, WALK_FILE);
  });
  afterAll(async () => {
    driver?.kill('SIGKILL');
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  });

  test('a plan shows what it would do, and nobody is taken for having agreed', async () => {
    const planned = await weir('plan');
    expect(planned).toMatchObject({ code: 4 });
    expect(planned.out).toContain(`Plan: ${WALK_OBJECTS} to create, 0 to change`);
    expect(planned.out).not.toContain('\u001b');
    const unapproved = await weir('apply', '--secrets', secretsFile);
    expect(unapproved).toMatchObject({ code: 3 });
    expect(unapproved.out).toContain('--auto-approve');
  });

  test('apply makes everything, secrets go to the file only, and a second plan is empty', async () => {
    const applied = await apply(WALK_FILE);
    expect(applied.out).toContain(`Applied: ${WALK_OBJECTS} changes done.`);
    expect(applied.code).toBe(0);
    expect(statSync(secretsFile).mode & 0o777).toBe(0o600);
    const secrets = readSecrets(secretsFile);
    expect([...secrets.keys()]).toEqual(['api_key.reader/main', 'api_key.writer/main']);
    for (const { secret } of secrets.values()) expect(applied.out).not.toContain(secret);
    const again = await weir('plan');
    expect(again.out).toContain('the live state is what the file says');
    expect(again.code).toBe(0);
    cluster = await findCluster(cloud, 'shop');
  });

  const startJava = async (): Promise<WalkClient> => {
    const { bootstrap } = cluster;
    const command = await CLIENTS['java-4'].program.prepare();
    driver = startDriver(command, { bootstrap, protocol: 'SASL_PLAINTEXT' });
    java = javaClient(bootstrap, driver);
    return java;
  };
  const startKcat = (): Promise<WalkClient> => Promise.resolve(kcatClient(cluster.bootstrap));
  const clients = [
    { tag: 'kcat', isThere: hasKcat, lacks: KCAT_LACKS, begin: startKcat },
    { tag: 'java', isThere: hasJava, lacks: [], begin: startJava },
  ];
  describe.each(clients)('$tag can do exactly what was granted', ({ begin, isThere, ...of }) => {
    let client: WalkClient;
    beforeAll(async () => {
      if (isThere) client = await begin();
    }, JAVA_PREPARE_MS);

    for (const right of rightsOf(of))
      test.skipIf(!isThere)(`${right.who} ${sentenceOf(right)}`, async () => {
        const attempt = (): Promise<string | undefined> =>
          client.try(loginOf(right.who), right.deed);
        // A broker learns of roles and ACLs a moment after the API said yes.
        const isDone = async (): Promise<boolean> => (await attempt()) === undefined;
        if (right.can) await waitFor('it to go through', isDone);
        expect(right.can ? '' : await attempt()).toMatch(right.can ? '' : REFUSED);
      });
  });

  test.skipIf(!hasKcat)(
    'a quota holds its account to its rate, until it is gone',
    async () => {
      const limited = await timeWriting();
      expect(limited.out).toContain('throttled request');
      // What ten seconds allow may be used at once; the rest comes at the rate of the quota.
      const rate = (WRITTEN_BYTES - 10 * WRITER_BYTE_RATE) / limited.seconds;
      expect(rate / WRITER_BYTE_RATE).toBeGreaterThan(0.4);
      expect(rate / WRITER_BYTE_RATE).toBeLessThan(1.6);
      expect((await apply(WITHOUT_QUOTA)).out).toContain('0 to replace, 1 to delete.');
      const isFree = async (): Promise<boolean> => (await timeWriting()).seconds < 2;
      await waitFor('the limit to be gone', isFree, 40_000);
      expect((await apply(WALK_FILE)).out).toContain('Plan: 1 to create');
    },
    WALK_MS,
  );

  test.skipIf(!hasKcat)('a deleted binding closes the way within 5 s', async () => {
    const read = (): Promise<string | undefined> =>
      kcatClient(cluster.bootstrap).try(loginOf('reader'), { does: 'read', topic: 'orders' });
    const isRefused = async (): Promise<boolean> => REFUSED.test((await read()) ?? '');
    expect(await read()).toBeUndefined();
    const binding = await cluster.findBinding('topic=orders*');
    expect((await cloud.call('DELETE', `/iam/v2/role-bindings/${binding}`)).status).toBe(200);
    await within(CLOSED_WITHIN_MS, isRefused);
    // The file still wants it, so an apply makes it again.
    expect((await apply(WALK_FILE)).out).toContain('Plan: 1 to create, 0 to change');
    await waitFor('the reader to read again', async () => (await read()) === undefined);
  });

  test.skipIf(!hasJava)('a consumer in mid-work loses the way as fast', async () => {
    const membership = { group: 'reading-on', topic: 'orders' };
    const member = await java.startMember(loginOf('reader'), membership);
    await waitFor('the member to read', async () => (await member.state()).values.length > 0);
    expect((await apply(WITHOUT_BINDING)).out).toContain('0 to replace, 1 to delete.');
    const isRefused = async (): Promise<boolean> =>
      REFUSED.test((await member.state()).error ?? '');
    await within(CLOSED_WITHIN_MS, isRefused);
    expect((await apply(WALK_FILE)).out).toContain('Plan: 1 to create, 0 to change');
  });

  test('what is there can be written into a file that plans nothing', async () => {
    const exported = join(folder.path, 'all.yaml');
    const args = (verb: string): Promise<Ran> => weir(verb, '-f', exported, '--name', 'all');
    expect(await args('export')).toMatchObject({ code: 0 });
    expect(readFileSync(exported, 'utf8')).toContain('retention.ms: "3600000"');
    const planned = await args('plan');
    expect(planned.out).toContain('Plan: 0 to create');
    expect(planned.code).toBe(0);
  });

  test('destroy leaves nothing of it, and what the file did not make stays', async () => {
    const { pid } = await waitForBroker(home, cluster.id);
    const destroyed = await weir('destroy', '--auto-approve');
    expect(destroyed.out).toContain('Applied:');
    expect(destroyed.code).toBe(0);
    const { clusterId, environmentId } = cloud.quickstart;
    expect(await listIds('/org/v2/environments')).toEqual([environmentId]);
    expect(await listIds(`/cmk/v2/clusters?environment=${environmentId}`)).toEqual([clusterId]);
    const memory = await cloud.call('GET', '/v1/configurations/walk');
    expect(memory.body).toMatchObject({ objects: [] });
    await waitFor('its data to be gone', () => !existsSync(join(home, 'clusters', cluster.id)));
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect((await weir('plan')).out).toContain(`Plan: ${WALK_OBJECTS} to create`);
  });

  test('the audit log holds each step, and no row of a table knows of it any more', async () => {
    const log = await readAuditLog(cloud);
    const isNote = ({ method }: AuditLine): boolean => method === 'NoteConfiguration';
    const walk = log.slice(log.findIndex(isNote)).filter((line) => !isNote(line));
    const deeds = walk.map(deedOf);
    expect(deeds.slice(0, APPLIED_DEEDS.length)).toEqual(APPLIED_DEEDS);
    expect(deeds.slice(-DESTROYED_DEEDS.length)).toEqual(DESTROYED_DEEDS);
    expect(new Set(walk.map(({ principal, status }) => `${principal} ${status}`)).size).toBe(1);
    const ids = idsIn(walk);
    expect(ids).toContain(cluster.id);
    cloud.kill('SIGTERM');
    await cloud.exited();
    // What says that it was there stays: the log, the cluster's operations, and what it used and costs.
    const tables = await tablesThatHold(ids, { folder: folder.path, home });
    const records = ['audit_record', 'operation', 'operation_step'];
    expect(tables.filter((table) => !table.startsWith('usage_'))).toEqual(records);
  });

  async function timeWriting(): Promise<{ readonly seconds: number; readonly out: string }> {
    const begunMs = performance.now();
    const input = `${'x'.repeat(999)}\n`.repeat(WRITTEN_BYTES / 1_000);
    // Small requests, so that what is in flight when the limit is met does not matter.
    const more = { 'batch.num.messages': '2', 'linger.ms': '0', 'max.in.flight': '2' };
    const who = { bootstrap: cluster.bootstrap, login: loginOf('writer') };
    const ran = await kcat(who, ['-P', '-t', 'orders', '-p', '0'], { input, more });
    expect(ran.code).toBe(0);
    return { seconds: (performance.now() - begunMs) / 1_000, out: ran.out };
  }

  async function listIds(path: string): Promise<readonly string[]> {
    const { body } = await cloud.call('GET', path);
    return (body as { readonly data: readonly { readonly id: string }[] }).data.map(({ id }) => id);
  }
});

/** Waits for a refusal and measures it: a probe that itself takes long is no excuse. */
async function within(mostMs: number, isRefused: () => Promise<boolean>): Promise<void> {
  const begunMs = performance.now();
  await waitFor('the refusal', isRefused);
  expect(performance.now() - begunMs).toBeLessThan(mostMs);
}

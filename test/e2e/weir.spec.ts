import { execFile } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkout,
  requireTool,
  startCloud,
  temporaryFolder,
  waitFor,
  type TestCloud,
} from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const BROKER_PORTS = '31600-31699';
const hasKcat = requireTool('kcat', 'apt-get install kcat');

const FILE = `
name: walk
environments:
  shop:
    clusters:
      main:
        kind: Basic
        cloud: AWS
        region: local
        topics:
          orders: { partitions: 2, config: { retention.ms: 3600000 } }
          secret: { partitions: 1 }
        acls:
          - { principal: writer, operation: WRITE, resource_type: TOPIC, resource_name: orders }
service_accounts:
  writer: { keys: { main: { for: shop/main } } }
  reader: { keys: { main: { for: shop/main } } }
role_bindings:
  - { principal: reader, role: DeveloperRead, on: shop/main, topic: orders }
`;

interface Ran {
  readonly code: number;
  readonly out: string;
}

function ran(file: string, args: readonly string[], env: object = {}, input = ''): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000 };
    const child = execFile(file, [...args], options, (error, stdout, stderr) => {
      const code = error === null ? 0 : Number(error.code ?? 1);
      resolve({ code, out: `${stdout}${stderr}` });
    });
    child.stdin?.end(input);
  });
}

describe('a whole configuration, from a file to clients and back', () => {
  const folder = temporaryFolder('weir');
  const file = join(folder.path, 'weir.yaml');
  const secretsFile = join(folder.path, 'secrets');
  let cloud: TestCloud;
  let globalKey: { readonly id: string; readonly spec: { readonly secret: string } };
  let bootstrap: string;

  const weir = (verb: string, ...args: readonly string[]): Promise<Ran> =>
    ran(process.execPath, [join(checkout, 'apps/weir/dist/main.js'), verb, '-f', file, ...args], {
      WEIRHOUSE_URL: cloud.quickstart.apiUrl,
      WEIRHOUSE_API_KEY: globalKey.id,
      WEIRHOUSE_API_SECRET: globalKey.spec.secret,
    });

  const kcat = (account: string, args: readonly string[], input = ''): Promise<Ran> => {
    const line = readFileSync(secretsFile, 'utf8')
      .split('\n')
      .find((one) => one.startsWith(`api_key.${account}/main\t`));
    const [, key = '', secret = ''] = line?.split('\t') ?? [];
    const options = {
      'security.protocol': 'SASL_PLAINTEXT',
      'sasl.mechanism': 'PLAIN',
      'sasl.username': key,
      'sasl.password': secret,
      'message.timeout.ms': '5000',
    };
    const x = Object.entries(options).flatMap(([name, value]) => ['-X', `${name}=${value}`]);
    return ran('kcat', ['-b', bootstrap, ...x, ...args], {}, input);
  };

  beforeAll(async () => {
    cloud = await startCloud({ home: join(folder.path, 'state'), brokerPorts: BROKER_PORTS });
    writeFileSync(file, FILE);
    const keys = await cloud.call('GET', `/iam/v2/api-keys/${cloud.quickstart.cloudApiKey}`);
    const { owner } = (keys.body as { spec: { owner: { id: string } } }).spec;
    const spec = { owner: { id: owner.id }, resource: { id: 'global' } };
    globalKey = (await cloud.call('POST', '/iam/v2/api-keys', { spec })).body as typeof globalKey;
  });
  afterAll(async () => {
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  });

  test('a plan shows what it would do, and nobody is taken for having agreed', async () => {
    const planned = await weir('plan');
    expect(planned).toMatchObject({ code: 4 });
    expect(planned.out).toContain('Plan: 10 to create, 0 to change, 0 to replace, 0 to delete.');
    expect(planned.out).not.toContain('\u001b');
    const unapproved = await weir('apply', '--secrets', secretsFile);
    expect(unapproved).toMatchObject({ code: 3 });
    expect(unapproved.out).toContain('--auto-approve');
  });

  test('apply makes everything, and secrets go to the file only', async () => {
    const applied = await weir('apply', '--auto-approve', '--secrets', secretsFile);
    expect(applied.out).toContain('Applied: 10 changes done.');
    expect(applied.code).toBe(0);
    expect(statSync(secretsFile).mode & 0o777).toBe(0o600);
    const [, , secret = '-'] = readFileSync(secretsFile, 'utf8').split('\n')[1]?.split('\t') ?? [];
    expect(applied.out).not.toContain(secret);
    const again = await weir('plan');
    expect(again).toMatchObject({ code: 0 });
    expect(again.out).toContain('the live state is what the file says');
    const clusters = await cloud.call('GET', `/cmk/v2/clusters?environment=${await shopId()}`);
    const [cluster] = (clusters.body as { data: { spec: { kafka_bootstrap_endpoint: string } }[] })
      .data;
    bootstrap = (cluster?.spec.kafka_bootstrap_endpoint ?? '').replace(/^.*:\/\//u, '');
  });

  test.skipIf(!hasKcat)('clients can do exactly what was granted', async () => {
    const write = (): Promise<Ran> => kcat('writer', ['-P', '-t', 'orders'], 'one\n');
    await waitFor('the writer to write', async () => (await write()).code === 0);
    expect((await kcat('writer', ['-P', '-t', 'secret'], 'x\n')).code).not.toBe(0);
    expect((await kcat('writer', ['-C', '-t', 'orders', '-e', '-o', 'beginning'])).out).toMatch(
      /authoriz/iu,
    );
    const read = await kcat('reader', ['-C', '-t', 'orders', '-e', '-q', '-o', 'beginning']);
    expect(read.out).toContain('one');
    expect((await kcat('reader', ['-P', '-t', 'orders'], 'x\n')).code).not.toBe(0);
  });

  test.skipIf(!hasKcat)('a binding that leaves the file closes the way', async () => {
    writeFileSync(file, FILE.replace(/role_bindings:[^]*$/u, ''));
    const applied = await weir('apply', '--auto-approve');
    expect(applied.out).toContain('0 to replace, 1 to delete.');
    const read = (): Promise<Ran> =>
      kcat('reader', ['-C', '-t', 'orders', '-e', '-o', 'beginning']);
    const isRefused = async (): Promise<boolean> => /authoriz/iu.test((await read()).out);
    await waitFor('the reader to be refused', isRefused);
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

  test('destroy deletes what the file made and nothing else', async () => {
    const destroyed = await weir('destroy', '--auto-approve');
    expect(destroyed.out).toContain('Applied:');
    expect(destroyed.code).toBe(0);
    const environments = await cloud.call('GET', '/org/v2/environments');
    const { data } = environments.body as { data: { id: string }[] };
    expect(data.map(({ id }) => id)).toEqual([cloud.quickstart.environmentId]);
    expect((await cloud.call('GET', '/v1/configurations/walk')).body).toMatchObject({
      objects: [],
    });
  });

  async function shopId(): Promise<string> {
    const { body } = await cloud.call('GET', '/org/v2/environments');
    const { data } = body as { data: { id: string; display_name: string }[] };
    return data.find(({ display_name }) => display_name === 'shop')?.id ?? '';
  }
});

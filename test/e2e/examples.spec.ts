import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout, startCloud, temporaryFolder, type TestCloud } from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { globalLogin, readSecrets, startWeir, type Ran } from './weir/command.ts';

const BROKER_PORTS = '31710-31739';
const EXAMPLE_MS = 180_000;
/** What each example declares, and how many keys are among it. */
const EXAMPLES = [
  { name: 'quick-start', objects: 8, keys: 1, isProtected: false },
  { name: 'production', objects: 33, keys: 6, isProtected: true },
  { name: 'many-teams', objects: 24, keys: 5, isProtected: true },
] as const;

describe('the examples of deploy/examples', () => {
  const folder = temporaryFolder('examples');
  let cloud: TestCloud;
  const weir = (...args: readonly string[]): Promise<Ran> =>
    startWeir({ cloud, login: globalLogin(cloud) }, args).ended;

  beforeAll(async () => {
    cloud = await startCloud({ home: join(folder.path, 'state'), brokerPorts: BROKER_PORTS });
  });
  afterAll(async () => {
    cloud.kill('SIGTERM');
    await cloud.exited();
    folder.remove();
  });

  describe.each(EXAMPLES)('$name', ({ isProtected, keys, name, objects }) => {
    const file = join(checkout, 'deploy/examples', name, 'weir.yaml');
    const secrets = join(folder.path, `${name}.secrets`);

    test(
      'is applied as it stands; then it plans nothing, and neither does what is exported',
      async () => {
        const applied = await weir('apply', '-f', file, '--auto-approve', '--secrets', secrets);
        expect(applied.out).toContain(`Applied: ${objects} changes done.`);
        expect(readSecrets(secrets).size).toBe(keys);
        expect(await weir('plan', '-f', file)).toMatchObject({ code: 0 });
        const exported = join(folder.path, `${name}.yaml`);
        expect(await weir('export', '-f', exported, '--name', 'all')).toMatchObject({ code: 0 });
        const again = await weir('plan', '-f', exported);
        expect(again.out).toContain('Plan: 0 to create, 0 to change, 0 to replace, 0 to delete.');
        expect(again.code).toBe(0);
      },
      EXAMPLE_MS,
    );

    test(
      'is destroyed to the last thing, and what is protected only after that was taken away',
      async () => {
        const first = await weir('destroy', '-f', file, '--auto-approve');
        expect(first.code).toBe(isProtected ? 3 : 0);
        expect(first.out).toContain(isProtected ? 'It is protected' : 'Applied:');
        if (isProtected) await destroyUnprotected(file);
        const memory = await cloud.call('GET', `/v1/configurations/${name}`);
        expect(memory.body).toMatchObject({ objects: [] });
        const environments = await cloud.call('GET', '/org/v2/environments');
        expect((environments.body as { data: unknown[] }).data).toHaveLength(1);
      },
      EXAMPLE_MS,
    );
  });

  test(
    'a team applies a file within its environment with its own key, and can touch nothing else',
    async () => {
      const example = join(checkout, 'deploy/examples/many-teams');
      const [all, own] = [join(example, 'weir.yaml'), join(example, 'logistics.yaml')];
      const secrets = join(folder.path, 'teams.secrets');
      const first = await weir('apply', '-f', all, '--auto-approve', '--secrets', secrets);
      expect(first.code).toBe(0);
      const login = readSecrets(secrets).get('api_key.logistics-pipeline/weir');
      const asTeam = (...args: readonly string[]): Promise<Ran> =>
        startWeir({ cloud, login: login ?? { key: '', secret: '' } }, args).ended;

      const keys = join(folder.path, 'logistics.secrets');
      const applied = await asTeam('apply', '-f', own, '--auto-approve', '--secrets', keys);
      expect(applied.out).toContain('Applied: 7 changes done.');
      expect([...readSecrets(keys).keys()]).toEqual(['api_key.fleet-tracker/fleet']);
      expect((await asTeam('plan', '-f', own)).code).toBe(0);
      expect((await weir('plan', '-f', all)).code).toBe(0);

      const refused = await asTeam('plan', '-f', all);
      expect(refused.code).toBe(1);
      expect(refused.out).toContain('needs the role OrganizationAdmin');
      const theirs = join(folder.path, 'theirs.yaml');
      writeFileSync(theirs, 'name: theirs\nwithin: payments\nenvironments: { payments: {} }\n');
      expect((await asTeam('plan', '-f', theirs)).out).toContain('sees no environment "payments"');

      const open = unprotected(all);
      expect((await weir('apply', '-f', open, '--auto-approve')).code).toBe(0);
      const held = await weir('destroy', '-f', open, '--auto-approve');
      expect(held.out).toContain('it holds topic.logistics/fleet/fleet.positions');
      expect((await asTeam('destroy', '-f', own, '--auto-approve')).code).toBe(0);
      await destroyUnprotected(all);
    },
    EXAMPLE_MS,
  );

  function unprotected(file: string): string {
    const open = join(folder.path, 'open.yaml');
    const text = readFileSync(file, 'utf8');
    writeFileSync(open, text.replaceAll(/(protect|deletion_protection): true/gu, '$1: false'));
    return open;
  }

  async function destroyUnprotected(file: string): Promise<void> {
    const open = unprotected(file);
    for (const verb of ['apply', 'destroy']) {
      const { code, out } = await weir(verb, '-f', open, '--auto-approve');
      if (code !== 0) throw new Error(out);
    }
  }
});

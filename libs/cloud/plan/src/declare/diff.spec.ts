import { expect, test } from 'vitest';
import { clustersToRead, planConfiguration } from './diff.ts';
import type { DeclaredObject, LiveObject, OwnedObject } from './objects.ts';
import { parseWeirText } from './parse.ts';
import { renderPlan } from './render.ts';

const FILE = `
name: shop
environments:
  prod:
    clusters:
      main:
        kind: Basic
        cloud: AWS
        region: home
        topics: { orders: { partitions: 6, config: { retention.ms: 1000 } } }
service_accounts:
  app: { keys: { main: { for: prod/main } } }
role_bindings:
  - { principal: app, role: DeveloperRead, on: prod/main, topic: orders }
`;

function declared(text = FILE): readonly DeclaredObject[] {
  const parsed = parseWeirText(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.objects;
}

function liveOf(objects: readonly DeclaredObject[]): LiveObject[] {
  return objects.map(({ address, fields, kind, needs }) => ({
    address,
    fields,
    kind,
    needs,
    id: `id of ${address}`,
  }));
}

function ownedOf(live: readonly LiveObject[], protect = false): OwnedObject[] {
  return live.map(({ address, id }) => ({ address, id, protect }));
}

const all = liveOf(declared());

function plan(text: string | undefined, live = all, owned = ownedOf(live)) {
  const wishes = text === undefined ? [] : declared(text);
  return planConfiguration({ configuration: 'shop', declared: wishes, live, owned });
}

function said(planned: ReturnType<typeof plan>): string[] {
  return planned.changes.map(({ address, verb }) => `${verb} ${address}`);
}

test('an empty world is filled in the order of needs', () => {
  expect(said(plan(FILE, []))).toEqual([
    'create environment.prod',
    'create service_account.app',
    'create cluster.prod/main',
    'create role_binding.app/DeveloperRead/prod%2Fmain/topic=orders',
    'create topic.prod/main/orders',
    'create api_key.app/main',
  ]);
});

test('a world that is what the file says needs nothing', () => {
  expect(plan(FILE).changes).toEqual([]);
  expect(plan(FILE, all, []).changes).toEqual([]);
  expect(plan(FILE).unchanged).toBe(6);
});

test('what was taken out of the file is deleted when the file made it, and else left alone', () => {
  const without = FILE.replace(/role_bindings:[^]*$/u, '');
  expect(said(plan(without))).toEqual([
    'delete role_binding.app/DeveloperRead/prod%2Fmain/topic=orders',
  ]);
  expect(said(plan(without, all, []))).toEqual([]);
});

test('an object of the same name that somebody else made later is left alone', () => {
  const owned = ownedOf(all).map((mark) => ({ ...mark, id: 'another' }));
  expect(said(plan(undefined, all, owned))).toEqual([]);
});

test('destroy deletes backwards, and topics go with their cluster', () => {
  const destroyed = plan(undefined);
  expect(said(destroyed)).toEqual([
    'delete api_key.app/main',
    'delete role_binding.app/DeveloperRead/prod%2Fmain/topic=orders',
    'delete cluster.prod/main',
    'delete service_account.app',
    'delete environment.prod',
  ]);
  expect(destroyed.changes[2]).toMatchObject({
    takesAlong: expect.arrayContaining(['topic.prod/main/orders']) as unknown,
    risks: expect.arrayContaining([expect.stringContaining('data loss')]) as unknown,
  });
});

test('a field that cannot change replaces the object and remakes what needs it', () => {
  const moved = plan(FILE.replace('region: home', 'region: away'));
  expect(said(moved)).toEqual([
    'replace cluster.prod/main',
    'create role_binding.app/DeveloperRead/prod%2Fmain/topic=orders',
    'create topic.prod/main/orders',
    'create api_key.app/main',
  ]);
  expect(moved.refusals).toEqual([]);
});

test('what the file did not make is changed in place but never replaced', () => {
  expect(said(plan(FILE.replace('Basic', 'Standard'), all, []))).toEqual([
    'update cluster.prod/main',
  ]);
  const refused = plan(FILE.replace('region: home', 'region: away'), all, []);
  expect(refused.refusals).toMatchObject([{ address: 'cluster.prod/main' }]);
});

test('more partitions are a change, fewer a new topic with a warning of data loss', () => {
  expect(said(plan(FILE.replace('partitions: 6', 'partitions: 7')))).toEqual([
    'update topic.prod/main/orders',
  ]);
  const fewer = plan(FILE.replace('partitions: 6', 'partitions: 5'));
  expect(fewer.changes).toMatchObject([
    { verb: 'replace', risks: ['data loss: every record in the topic'] },
  ]);
});

test('protection refuses deletion and replacement, also when the mark left the file with the object', () => {
  const marked = FILE.replace('partitions: 6,', 'partitions: 5, protect: true,');
  expect(plan(marked).refusals.map(({ address }) => address)).toEqual(['topic.prod/main/orders']);
  const without = FILE.replace(/ *topics:.*\n/u, '').replace(/role_bindings:[^]*$/u, '');
  expect(plan(without, all, ownedOf(all, true)).refusals.map(({ address }) => address)).toEqual(
    ['role_binding.app/DeveloperRead/prod%2Fmain/topic=orders', 'topic.prod/main/orders'].toSorted(
      (a, b) => (a < b ? 1 : -1),
    ),
  );
});

test('a change of protection alone is noted', () => {
  const planned = plan(FILE, all, ownedOf(all, true));
  expect(new Set(planned.changes.map(({ verb }) => verb))).toEqual(new Set(['mark']));
});

test('a change of protection together with another one is noted too', () => {
  const text = FILE.replace('partitions: 6,', 'partitions: 9, protect: true,');
  const planned = plan(text);
  expect(said(planned)).toEqual([
    'mark environment.prod',
    'mark cluster.prod/main',
    'update topic.prod/main/orders',
    'mark topic.prod/main/orders',
  ]);
  expect(planned.unchanged).toBe(3);
});

test('an environment with a cluster that others made is not deleted', () => {
  const foreign: LiveObject = {
    ...(all.find(({ kind }) => kind === 'cluster') as LiveObject),
    address: 'cluster.prod/other',
    id: 'x',
  };
  const planned = plan(undefined, [...all, foreign], ownedOf(all));
  expect(planned.refusals).toMatchObject([{ address: 'environment.prod' }]);
});

test('a key whose secret may not have been saved is replaced', () => {
  const owned = ownedOf(all).map((mark) =>
    mark.address.startsWith('api_key') ? { ...mark, id: undefined } : mark,
  );
  expect(plan(FILE, all, owned).changes).toMatchObject([
    { verb: 'replace', kind: 'api_key', reasons: ['nobody knows whether its secret was saved'] },
  ]);
});

test('what was made and is gone is made again, or forgotten when the file dropped it', () => {
  const live = all.filter(({ kind }) => kind !== 'api_key');
  expect(said(plan(FILE, live, ownedOf(all)))).toEqual(['create api_key.app/main']);
  const dropped = FILE.replace('{ keys: { main: { for: prod/main } } }', '{}');
  expect(plan(dropped, live, ownedOf(all))).toMatchObject({
    changes: [],
    forgotten: ['api_key.app/main'],
  });
});

test('only clusters whose inside is declared or was made are looked into', () => {
  expect([...clustersToRead(declared(), [])]).toEqual(['cluster.prod/main']);
  expect([...clustersToRead([], ownedOf(all))]).toEqual(['cluster.prod/main']);
  expect([...clustersToRead([], [])]).toEqual([]);
});

test('a plan is printed with symbols, reasons, risks and a sum; colours only where asked for', () => {
  const planned = plan(FILE.replace('region: home', 'region: away').replace('1000', '500'));
  const text = renderPlan(planned, { colours: false });
  expect(text).toContain('  # cluster.prod/main must be replaced\n');
  expect(text).toContain('because region of a cluster cannot be changed');
  expect(text).toContain('-/+ cluster.prod/main');
  expect(text).toContain('~ region = "home" -> "away"');
  expect(
    text.trimEnd().endsWith('Plan: 3 to create, 0 to change, 1 to replace, 0 to delete.'),
  ).toBe(true);
  expect(text).not.toContain('\u001b');
  expect(renderPlan(planned, { colours: true })).toContain('\u001b[35m-/+');
});

test('one changed setting of a topic is one line', () => {
  const text = renderPlan(plan(FILE.replace('1000', '500')), { colours: false });
  expect(text).toContain('~ config.retention.ms = "1000" -> "500"');
  expect(text).toContain('risk: data loss: older records may be deleted');
});

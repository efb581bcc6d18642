import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, type Tenant } from '../testing/test-app.ts';

const FILE = `
name: shop
environments: { prod: {}, test: {} }
service_accounts: { app: { description: sells } }
role_bindings: [{ principal: app, role: EnvironmentAdmin, on: prod }]
`;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
});

afterAll(async () => {
  await app.close();
  await database.close();
});

const schema = routes.getPlan.response.schema;
type Plan = ReturnType<typeof schema.parse>;

async function plan(document: unknown, destroy = false): Promise<Plan> {
  const answer = await tenant.call('POST', '/v1/plans', { document, destroy });
  expect(answer.status).toBe(201);
  return schema.parse(answer.body);
}

async function apply(id: string): Promise<Plan> {
  const begun = await tenant.call('POST', `/v1/plans/${id}:apply`, {});
  expect(begun.status).toBe(202);
  return ended(id);
}

/** Reads the plan until its apply is over. */
async function ended(id: string): Promise<Plan> {
  return vi.waitFor(
    async () => {
      const read = schema.parse((await tenant.call('GET', `/v1/plans/${id}`)).body);
      expect(read.status.phase).not.toBe('APPLYING');
      return read;
    },
    { timeout: 20_000 },
  );
}

test('a plan is applied as its caller, leaves audit records, and the next plan is empty', async () => {
  const first = await plan(FILE);
  expect(first.spec.summary).toBe('Plan: 4 to create, 0 to change, 0 to replace, 0 to delete.');
  const applied = await apply(first.id);
  expect(applied.status).toMatchObject({ phase: 'APPLIED' });
  expect(applied.status.progress.map(({ state }) => state)).toEqual(Array(4).fill('done'));
  const second = await plan(FILE);
  expect(second.spec).toMatchObject({ changes: [], unchanged: 4 });
  const records = await database.prisma.auditRecord.findMany({
    where: { organizationId: tenant.organizationId, actor: `User:${tenant.userId}` },
  });
  const actions = records.map(({ action }) => action);
  for (const action of [
    'CreatePlan',
    'ApplyPlan',
    'CreateEnvironment',
    'CreateServiceAccount',
    'BindRole',
  ])
    expect(actions).toContain(action);
});

test('what left the file is deleted, what others made is not, and destroy leaves nothing of it', async () => {
  await tenant.call('POST', '/org/v2/environments', { display_name: 'theirs' });
  await apply((await plan(FILE)).id);
  const smaller = await plan(FILE.replace(', test: {}', ''));
  expect(smaller.spec.changes).toMatchObject([{ verb: 'delete', address: 'environment.test' }]);
  expect((await apply(smaller.id)).status.phase).toBe('APPLIED');
  expect((await apply((await plan(FILE, true)).id)).status.phase).toBe('APPLIED');
  const left = await tenant.call('GET', '/org/v2/environments');
  expect(left.body).toMatchObject({ data: [{ display_name: 'theirs' }] });
  expect((await tenant.call('GET', '/v1/configurations/shop')).body).toMatchObject({ objects: [] });
});

test('a plan is applied once, and not when the world moved on', async () => {
  const [first, second] = [await plan(FILE), await plan(FILE)];
  await apply(first.id);
  const again = await tenant.call('POST', `/v1/plans/${first.id}:apply`, {});
  expect(again.status).toBe(409);
  const stale = await tenant.call('POST', `/v1/plans/${second.id}:apply`, {});
  expect(stale.status).toBe(409);
  expect(FailureSchema.parse(stale.body).errors[0]?.detail).toBe(
    'The world moved on since this plan was made (then: Plan: 4 to create, 0 to change, 0 to replace, 0 to delete. now: Plan: 0 to create, 0 to change, 0 to replace, 0 to delete.): plan again.',
  );
});

test('while one apply goes on another is refused, and nothing is noted for it', async () => {
  const made = await plan(FILE);
  const note = (body: object) =>
    tenant.call('POST', '/v1/configurations/shop:note', { holder: 'mine', ...body });
  expect((await note({})).status).toBe(204);
  const refused = await tenant.call('POST', `/v1/plans/${made.id}:apply`, {});
  expect(refused.status).toBe(409);
  expect(FailureSchema.parse(refused.body).errors[0]?.detail).toMatch(
    /^The configuration shop is being applied by User:u-\w+ since .+: wait for its end/u,
  );
  const stolen = { holder: 'other', made: [{ address: 'environment.prod', protect: false }] };
  expect((await note(stolen)).status).toBe(409);
  expect((await tenant.call('GET', '/v1/configurations/shop')).body).toMatchObject({ objects: [] });
  expect((await note({ release: true })).status).toBe(204);
  expect((await apply(made.id)).status.phase).toBe('APPLIED');
});

test('two applies of the same plan at once are one apply', async () => {
  const { id } = await plan(FILE);
  const begin = () => tenant.call('POST', `/v1/plans/${id}:apply`, {});
  const answers = await Promise.all([begin(), begin()]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, 409]);
  expect((await ended(id)).status.phase).toBe('APPLIED');
  expect(
    await database.prisma.environment.count({ where: { organizationId: tenant.organizationId } }),
  ).toBe(2);
});

test('an apply that was cut off keeps others out for seconds only', async () => {
  const key = { organizationId: tenant.organizationId, configuration: 'shop' };
  const times = { beganAt: new Date(0), heldUntil: new Date(1) };
  await database.prisma.configurationHold.create({
    data: { ...key, holder: 'killed', actor: 'User:u-gone', ...times },
  });
  expect((await apply((await plan(FILE)).id)).status.phase).toBe('APPLIED');
  expect(await database.prisma.configurationHold.count({ where: key })).toBe(0);
});

test('a document may be JSON; a bad one names line, field and fix, and changes nothing', async () => {
  expect((await plan({ name: 'other', environments: { prod: {} } })).spec.changes).toHaveLength(1);
  const answer = await tenant.call('POST', '/v1/plans', {
    document: FILE.replace('role:', 'rol:'),
  });
  expect(answer.status).toBe(422);
  const [problem] = FailureSchema.parse(answer.body).errors;
  expect(problem?.detail).toContain(
    'document:5: role_bindings.0.rol: Unknown key "rol". Did you mean role?',
  );
  expect(problem?.source.pointer).toBe('/document');
});

test('protected things are refused with a reason', async () => {
  const marked = FILE.replace('prod: {}', 'prod: { protect: true }');
  await apply((await plan(marked)).id);
  const destroy = await plan(marked, true);
  expect(destroy.spec.refusals).toMatchObject([{ address: 'environment.prod' }]);
  expect((await tenant.call('POST', `/v1/plans/${destroy.id}:apply`, {})).status).toBe(409);
});

test('a plan that makes keys is refused: nobody would keep the secret', async () => {
  const made = await plan(FILE.replace('description: sells', 'keys: { main: { for: cloud } }'));
  const answer = await tenant.call('POST', `/v1/plans/${made.id}:apply`, {});
  expect(answer.status).toBe(409);
  expect(FailureSchema.parse(answer.body).errors[0]?.detail).toContain('--secrets');
});

test('a failure says which change failed, and what is left is planned again', async () => {
  const taken = FILE.replace('on: prod', 'on: prod').replace('EnvironmentAdmin', 'NoSuchRole');
  const failed = await apply((await plan(taken)).id);
  expect(failed.status.phase).toBe('FAILED');
  expect(failed.status.progress.at(-1)).toMatchObject({ state: 'failed' });
  expect((await plan(FILE)).spec.changes).toMatchObject([{ kind: 'role_binding', verb: 'create' }]);
});

test('another person of the organization neither sees nor applies a plan', async () => {
  const made = await plan(FILE);
  const stranger = await createTenant(app);
  expect((await stranger.call('GET', `/v1/plans/${made.id}`)).status).toBe(404);
  expect((await stranger.call('POST', `/v1/plans/${made.id}:apply`, {})).status).toBe(404);
  expect((await stranger.call('GET', '/v1/configurations/shop')).body).toMatchObject({
    objects: [],
  });
});

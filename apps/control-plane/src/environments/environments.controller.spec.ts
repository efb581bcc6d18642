import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FailureSchema, routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, TEST_URL, type Tenant } from '../testing/test-app.ts';

const PATH = '/org/v2/environments';

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

async function create(displayName: string): Promise<string> {
  const { body } = await tenant.call('POST', PATH, { display_name: displayName });
  return routes.createEnvironment.response.schema.parse(body).id;
}

test('a created environment is shown at once under the address its answer names', async () => {
  const made = await tenant.call('POST', PATH, { display_name: 'prod', colour: 'ignored' });
  expect(made.status).toBe(201);
  const environment = routes.createEnvironment.response.schema.parse(made.body);
  expect(environment.id).toMatch(/^env-[a-z0-9]{6}$/u);
  expect(environment.metadata.resource_name).toBe(
    `crn://weirhouse/organization=${tenant.organizationId}/environment=${environment.id}`,
  );
  expect(made.headers['location']).toBe(`${TEST_URL}${PATH}/${environment.id}`);
  const read = await tenant.call('GET', `${PATH}/${environment.id}`);
  expect(read).toMatchObject({ status: 200, body: made.body as object });
});

test('following next from page to page shows every environment once, and the last page has no next', async () => {
  const names = Array.from({ length: 7 }, (_, index) => `e${index}`);
  for (const name of names) await create(name);
  const seen: string[] = [];
  const sizes: number[] = [];
  let url: string | undefined = `${PATH}?page_size=3`;
  while (url !== undefined) {
    const { body } = await tenant.call('GET', url.replace(TEST_URL, ''));
    const page = routes.listEnvironments.response.schema.parse(body);
    seen.push(...page.data.map((item) => item.display_name));
    sizes.push(page.data.length);
    expect(JSON.stringify(body)).not.toContain('null');
    url = page.metadata.next;
  }
  expect(seen).toEqual(names);
  expect(sizes).toEqual([3, 3, 1]);
});

test('a page that ends exactly at the end has no next', async () => {
  await create('a');
  await create('b');
  const { body } = await tenant.call('GET', `${PATH}?page_size=2`);
  expect(routes.listEnvironments.response.schema.parse(body).metadata.next).toBeUndefined();
});

test('an environment deleted between two pages neither hides nor repeats others', async () => {
  const ids = [await create('a'), await create('b'), await create('c')];
  const first = await tenant.call('GET', `${PATH}?page_size=2`);
  const { metadata } = routes.listEnvironments.response.schema.parse(first.body);
  await tenant.call('DELETE', `${PATH}/${ids[1]}`);
  const rest = await tenant.call('GET', metadata.next?.replace(TEST_URL, '') ?? '');
  const page = routes.listEnvironments.response.schema.parse(rest.body);
  expect(page.data.map((item) => item.id)).toEqual([ids[2]]);
});

test('a taken name is refused with the address of the one that has it, also when requests race', async () => {
  const id = await create('prod');
  const again = await tenant.call('POST', PATH, { display_name: 'prod' });
  expect(again.status).toBe(409);
  expect(again.headers['location']).toBe(`${TEST_URL}${PATH}/${id}`);
  const racing = await Promise.all(
    [1, 2, 3].map(() => tenant.call('POST', PATH, { display_name: 'raced' })),
  );
  expect(racing.filter(({ status }) => status === 201)).toHaveLength(1);
  expect(racing.filter(({ status }) => status === 409)).toHaveLength(2);
});

test('two organizations may use the same name', async () => {
  await create('prod');
  const other = await createTenant(app);
  expect((await other.call('POST', PATH, { display_name: 'prod' })).status).toBe(201);
});

test('a new name is stored; an empty change changes nothing', async () => {
  const id = await create('prod');
  const renamed = await tenant.call('PATCH', `${PATH}/${id}`, { display_name: 'live' });
  expect(renamed).toMatchObject({ status: 200, body: { display_name: 'live' } });
  const unchanged = await tenant.call('PATCH', `${PATH}/${id}`, {});
  expect(unchanged.body).toEqual(renamed.body);
});

test('every fault of a body is named with its place', async () => {
  const answer = await tenant.call('POST', PATH, {
    display_name: '',
    stream_governance_config: { package: 'ESSENTIALS' },
  });
  expect(answer.status).toBe(422);
  expect(FailureSchema.parse(answer.body).errors.map(({ source }) => source.pointer)).toEqual([
    '/display_name',
    '/stream_governance_config',
  ]);
});

test('a deleted environment is gone; one that holds clusters stays', async () => {
  const id = await create('prod');
  const place = { availability: 'LOW', cloud: 'AWS', region: 'local', config: { kind: 'Basic' } };
  await tenant.call('POST', '/cmk/v2/clusters', {
    spec: { display_name: 'c', ...place, environment: { id } },
  });
  expect((await tenant.call('DELETE', `${PATH}/${id}`)).status).toBe(409);
  const empty = await create('empty');
  expect(await tenant.call('DELETE', `${PATH}/${empty}`)).toMatchObject({
    status: 204,
    body: undefined,
  });
  expect((await tenant.call('GET', `${PATH}/${empty}`)).status).toBe(404);
});

test('a change leaves one audit record; a refused one leaves none', async () => {
  await create('prod');
  await tenant.call('POST', PATH, { display_name: 'prod' });
  const records = await database.prisma.auditRecord.findMany({
    where: { organizationId: tenant.organizationId, action: 'CreateEnvironment' },
  });
  expect(records).toHaveLength(1);
  expect(records[0]).toMatchObject({ actor: `User:${tenant.userId}` });
});

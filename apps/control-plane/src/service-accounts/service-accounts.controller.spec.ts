import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { createTenant, createTestApp, TEST_URL, type Tenant } from '../testing/test-app.ts';

const PATH = '/iam/v2/service-accounts';

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
  return routes.createServiceAccount.response.schema.parse(body).id;
}

test('a created account is shown at once, with an empty description unless given', async () => {
  const made = await tenant.call('POST', PATH, { display_name: 'app' });
  expect(made).toMatchObject({ status: 201, body: { display_name: 'app', description: '' } });
  const { id } = routes.createServiceAccount.response.schema.parse(made.body);
  expect(id).toMatch(/^sa-[a-z0-9]{6}$/u);
  expect(made.headers['location']).toBe(`${TEST_URL}${PATH}/${id}`);
  expect((await tenant.call('GET', `${PATH}/${id}`)).body).toEqual(made.body);
});

test('a taken name is refused, on creation and on renaming', async () => {
  const first = await create('app');
  const second = await create('other');
  const again = await tenant.call('POST', PATH, { display_name: 'app' });
  expect(again).toMatchObject({
    status: 409,
    headers: { location: `${TEST_URL}${PATH}/${first}` },
  });
  const renamed = await tenant.call('PATCH', `${PATH}/${second}`, { display_name: 'app' });
  expect(renamed.status).toBe(409);
});

test('name and description change one by one', async () => {
  const id = await create('app');
  await tenant.call('PATCH', `${PATH}/${id}`, { description: 'reads orders' });
  await tenant.call('PATCH', `${PATH}/${id}`, { display_name: 'reader' });
  expect((await tenant.call('GET', `${PATH}/${id}`)).body).toMatchObject({
    display_name: 'reader',
    description: 'reads orders',
  });
});

test('a list takes any number of names and keeps them from page to page', async () => {
  const wanted = [await create('a'), await create('b'), await create('c')];
  await create('d');
  const seen: string[] = [];
  let url: string | undefined = `${PATH}?display_name=a&display_name=b&display_name=c&page_size=2`;
  while (url !== undefined) {
    const { body } = await tenant.call('GET', url.replace(TEST_URL, ''));
    const page = routes.listServiceAccounts.response.schema.parse(body);
    seen.push(...page.data.map((item) => item.id));
    url = page.metadata.next;
  }
  expect(seen).toEqual(wanted);
});

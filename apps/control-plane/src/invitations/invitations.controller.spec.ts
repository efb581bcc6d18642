import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type RouteOutput } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import {
  createTenant,
  createTestApp,
  inject,
  TEST_URL,
  type Answer,
  type Tenant,
} from '../testing/test-app.ts';

const PATH = '/iam/v2/invitations';
const PASSWORD = 'correct horse battery';

type Invitation = RouteOutput<typeof routes.createInvitation>;

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let email: string;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  email = `guest-of-${tenant.userId}@example.org`;
});

afterAll(async () => {
  await app.close();
  await database.close();
});

async function invite(fields: object = {}): Promise<{
  readonly invitation: Invitation;
  /** Path of the link. */
  readonly link: string;
}> {
  const answer = await tenant.call('POST', PATH, { email, ...fields });
  expect(answer.status).toBe(201);
  const link = String(answer.headers['weirhouse-invitation-link']);
  expect(link.startsWith(`${TEST_URL}/v1/invitations/`)).toBe(true);
  expect(answer.headers['location']).toContain(PATH);
  const invitation = routes.createInvitation.response.schema.parse(answer.body);
  return { invitation, link: link.slice(TEST_URL.length) };
}

function post(url: string, body: object): Promise<Answer> {
  const headers = { 'content-type': 'application/json' };
  return inject(app, { method: 'POST', url, headers, payload: JSON.stringify(body) });
}

function accept(link: string, fields: object = {}): Promise<Answer> {
  return post(`${link}:accept`, { full_name: 'Guest', password: PASSWORD, ...fields });
}

async function expire(id: string): Promise<void> {
  await database.prisma.invitation.update({ where: { id }, data: { expiresAt: new Date(0) } });
}

async function list(query = ''): Promise<readonly string[]> {
  const { body } = await tenant.call('GET', `${PATH}?${query}`);
  return routes.listInvitations.response.schema.parse(body).data.map(({ id }) => id);
}

test('an invited person accepts with the link, and signs in', async () => {
  const { invitation, link } = await invite({ email: email.toUpperCase() });
  expect(invitation).toMatchObject({
    email,
    auth_type: 'AUTH_TYPE_LOCAL',
    status: 'INVITE_STATUS_SENT',
    creator: { id: tenant.userId },
  });
  expect((await post('/sessions', { email, password: PASSWORD })).status).toBe(403);
  const accepted = await accept(link);
  expect(accepted).toMatchObject({
    status: 200,
    body: { id: invitation.user.id, email, full_name: 'Guest' },
  });
  expect((await post('/sessions', { email, password: PASSWORD })).status).toBe(200);
  const { body } = await tenant.call('GET', `${PATH}/${invitation.id}`);
  const read = routes.getInvitation.response.schema.parse(body);
  expect(read.status).toBe('INVITE_STATUS_ACCEPTED');
  expect(read.accepted_at).toBeDefined();
});

test('a link is good once, is in no answer, and is not stored', async () => {
  const { invitation, link } = await invite();
  const token = link.slice('/v1/invitations/'.length);
  const read = await tenant.call('GET', `${PATH}/${invitation.id}`);
  expect(JSON.stringify([invitation, read])).not.toContain(token);
  const row = await database.prisma.invitation.findUniqueOrThrow({ where: { id: invitation.id } });
  expect(Buffer.from(row.tokenHash ?? []).toString('base64url')).not.toBe(token);
  expect((await accept(link)).status).toBe(200);
  expect((await accept(link)).status).toBe(404);
});

test('two that accept at the same moment do not both get in', async () => {
  const { link } = await invite();
  const answers = await Promise.all([accept(link), accept(link)]);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 404]));
});

test('unknown, used and expired links look the same', async () => {
  const { invitation, link } = await invite();
  await expire(invitation.id);
  const answers = [await accept(link), await accept('/v1/invitations/unknown')];
  for (const { status, body } of answers) {
    expect(status).toBe(404);
    const detail = 'This link cannot be used: ask for a new invitation.';
    expect(body).toMatchObject({ errors: [{ detail }] });
  }
  const { body } = await tenant.call('GET', `${PATH}/${invitation.id}`);
  expect(body).toMatchObject({ status: 'INVITE_STATUS_EXPIRED' });
});

test('a password is long enough, and people with an issuer of their own have none', async () => {
  const local = await invite();
  expect((await accept(local.link, { password: 'short' })).status).toBe(422);
  expect((await accept(local.link, { password: undefined })).status).toBe(422);
  email = `sso-${email}`;
  const sso = await invite({ auth_type: 'AUTH_TYPE_SSO' });
  expect((await accept(sso.link)).status).toBe(422);
  expect((await accept(sso.link, { password: undefined })).status).toBe(200);
  expect((await post('/sessions', { email, password: '' })).status).toBe(403);
});

test('who is here already is not invited again', async () => {
  const { invitation } = await invite();
  const again = await tenant.call('POST', PATH, { email });
  expect(again.status).toBe(409);
  expect(again.headers['location']).toBe(`${TEST_URL}/iam/v2/users/${invitation.user.id}`);
  expect((await tenant.call('POST', PATH, { email: tenant.email })).status).toBe(409);
  expect((await tenant.call('POST', PATH, { email: 'nonsense' })).status).toBe(422);
});

test('a deleted invitation takes the user along who has not accepted, and no other', async () => {
  const pending = await invite();
  expect((await tenant.call('DELETE', `${PATH}/${pending.invitation.id}`)).status).toBe(204);
  expect((await accept(pending.link)).status).toBe(404);
  const gone = await tenant.call('GET', `/iam/v2/users/${pending.invitation.user.id}`);
  expect(gone.status).toBe(404);
  const accepted = await invite();
  await accept(accepted.link);
  expect((await tenant.call('DELETE', `${PATH}/${accepted.invitation.id}`)).status).toBe(204);
  const stays = await tenant.call('GET', `/iam/v2/users/${accepted.invitation.user.id}`);
  expect(stays.status).toBe(200);
});

test('lists filter by e-mail, status, user and creator', async () => {
  const first = await invite();
  email = `b-${email}`;
  const second = await invite();
  await expire(second.invitation.id);
  const [one, two] = [first.invitation.id, second.invitation.id];
  expect(await list()).toEqual([one, two]);
  expect(await list(`email=${encodeURIComponent(email)}`)).toEqual([two]);
  expect(await list('status=INVITE_STATUS_SENT')).toEqual([one]);
  expect(await list('status=INVITE_STATUS_EXPIRED')).toEqual([two]);
  for (const status of ['ACCEPTED', 'STAGED', 'DEACTIVATED'])
    expect(await list(`status=INVITE_STATUS_${status}`)).toEqual([]);
  expect(await list(`user=${first.invitation.user.id}`)).toEqual([one]);
  expect(await list(`creator=${tenant.userId}`)).toEqual([one, two]);
  expect(await list('creator=u-other')).toEqual([]);
});

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes } from '@weirhouse/cloud-contract';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
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

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let server: Server;
/** Who signs in at the issuer next. */
let person: { readonly email: string; readonly email_verified: boolean };

beforeAll(async () => {
  database = await openTestDatabase();
  const issuer = await startIssuer();
  const oidc = { issuer, clientId: 'weirhouse', clientSecret: 'a secret/+' };
  app = await createTestApp(database.prisma, { oidc });
}, SETUP_MAX_MS);

beforeEach(async () => {
  tenant = await createTenant(app);
  person = { email: `Ann.${tenant.userId}@example.org`, email_verified: true };
});

afterAll(async () => {
  server.close();
  await app.close();
  await database.close();
});

/** A real OpenID provider at which everybody is signed in at once, as `person`. */
async function startIssuer(): Promise<string> {
  server = createServer();
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const pair = await generateKeyPair('RS256', { extractable: true });
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'weirhouse',
        client_secret: 'a secret/+',
        redirect_uris: [`${TEST_URL}/v1/oidc/callback`],
      },
    ],
    jwks: { keys: [{ ...(await exportJWK(pair.privateKey)), kid: 'k1', alg: 'RS256' }] },
    cookies: { keys: ['cookie'] },
    claims: { email: ['email', 'email_verified'] },
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    findAccount: (_, accountId) => ({
      accountId,
      claims: () => ({ sub: accountId, ...person }),
    }),
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? '',
        accountId: oidc.session?.accountId ?? '',
      });
      grant.addOIDCScope('openid email');
      await grant.save();
      return grant;
    },
  });
  const answer = provider.callback();
  server.on('request', (request, reply) => {
    const isInteraction = request.url?.startsWith('/interaction/') === true;
    void (isInteraction
      ? provider.interactionFinished(request, reply, { login: { accountId: 'somebody' } })
      : answer(request, reply));
  });
  return url;
}

/** Follows the issuer's redirects as a browser does; answers where it leads back to. */
async function browse(start: string): Promise<string> {
  const cookies = new Map<string, string>();
  let url = start;
  while (!url.startsWith(TEST_URL)) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/u.exec(line) ?? [];
      cookies.set(name, value);
    }
    url = new URL(answer.headers.get('location') ?? '', url).href;
  }
  return url.slice(TEST_URL.length);
}

interface Begun {
  /** Where the issuer leads back to. */
  readonly back: string;
  readonly cookie: string;
}

async function begin(): Promise<Begun> {
  const answer = await app.inject({ url: '/v1/oidc/login' });
  expect(answer.statusCode).toBe(302);
  const setCookie = String(answer.headers['set-cookie']);
  expect(setCookie).toContain('HttpOnly; SameSite=Lax');
  const cookie = setCookie.split(';', 1).join('');
  return { back: await browse(String(answer.headers['location'])), cookie };
}

function finish({ back, cookie }: Begun): Promise<Answer> {
  return inject(app, { method: 'GET', url: back, headers: { cookie } });
}

async function inviteAndAccept(): Promise<string> {
  const body = { email: person.email, auth_type: 'AUTH_TYPE_SSO' };
  const invited = await tenant.call('POST', '/iam/v2/invitations', body);
  const link = String(invited.headers['weirhouse-invitation-link']).slice(TEST_URL.length);
  const accepted = await inject(app, {
    method: 'POST',
    url: `${link}:accept`,
    headers: { 'content-type': 'application/json' },
    payload: JSON.stringify({ full_name: 'Ann' }),
  });
  expect(accepted.status).toBe(200);
  return routes.createInvitation.response.schema.parse(invited.body).user.id;
}

test('an invited person signs in at the issuer and has a session here', async () => {
  const userId = await inviteAndAccept();
  const answer = await finish(await begin());
  expect(answer.status).toBe(200);
  const session = routes.createSession.response.schema.parse(answer.body);
  expect(session.user).toMatchObject({ resource_id: userId, auth_type: 'AUTH_TYPE_SSO' });
  const headers = { authorization: `Bearer ${session.token}` };
  expect((await inject(app, { method: 'GET', url: '/me', headers })).status).toBe(200);
});

test('nobody gets in without an invitation, or with an e-mail that is not verified', async () => {
  const stranger = await finish(await begin());
  expect(stranger.status).toBe(403);
  await inviteAndAccept();
  person = { ...person, email_verified: false };
  expect((await finish(await begin())).status).toBe(403);
});

test('a code is good once, and in the browser that asked for it only', async () => {
  await inviteAndAccept();
  const [mine, other] = [await begin(), await begin()];
  expect((await finish({ ...mine, cookie: other.cookie })).status).toBe(403);
  expect((await finish({ ...mine, cookie: 'weirhouse_sign_in=forged' })).status).toBe(403);
  expect((await finish({ ...mine, cookie: '' })).status).toBe(403);
  expect((await finish(mine)).status).toBe(200);
  expect((await finish(mine)).status).not.toBe(200);
  const denied = mine.back.replace(/code=[^&]+/u, 'error=access_denied');
  expect((await finish({ ...mine, back: denied })).status).toBe(403);
});

test('without an issuer there is no such sign-in', async () => {
  const plain = await createTestApp(database.prisma);
  const answer = await inject(plain, { method: 'GET', url: '/v1/oidc/login' });
  expect(answer.status).toBe(404);
  await plain.close();
});

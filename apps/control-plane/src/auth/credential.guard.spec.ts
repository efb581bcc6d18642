import type { ExecutionContext } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import {
  organizationCrn,
  routes,
  type CredentialKind,
  type Route,
} from '@weirhouse/cloud-contract';
import { grantsOf } from '@weirhouse/cloud-plan';
import { isAppError } from '@weirhouse/shared-kernel';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import type { HttpRequest } from '../http/http-types.ts';
import { Implements } from '../http/implements.ts';
import { RequestLimits } from '../http/request-limits.ts';
import { basic, bindRole, createTenant, createTestApp, type Tenant } from '../testing/test-app.ts';
import { Authenticator } from './authenticator.ts';
import { CredentialGuard } from './credential.guard.ts';
import { GrantsReader } from './grants-reader.ts';
import type { OpContext } from './op-context.ts';

let database: OpenDatabase;
let app: NestFastifyApplication;
let tenant: Tenant;
let clusterId: string;
let accountId: string;
/** The header Authorization with a key of each kind. */
let keys: Readonly<Record<'cloud' | 'global' | 'cluster', string>>;

beforeAll(async () => {
  database = await openTestDatabase();
  app = await createTestApp(database.prisma);
  tenant = await createTenant(app);
  accountId = await created('/iam/v2/service-accounts', { display_name: 'app' });
  const environment = await created('/org/v2/environments', { display_name: 'prod' });
  const place = { availability: 'LOW', cloud: 'AWS', region: 'local', config: { kind: 'Basic' } };
  clusterId = await created('/cmk/v2/clusters', {
    spec: { display_name: 'c', ...place, environment: { id: environment } },
  });
  await bindRole(app, tenant, { principalId: accountId, roleName: 'OrganizationAdmin' });
  keys = {
    cloud: await createKey({}),
    global: await createKey({ resource: { id: 'global' } }),
    cluster: await createKey({ resource: { id: clusterId } }),
  };
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

async function created(url: string, body: object): Promise<string> {
  return ((await tenant.call('POST', url, body)).body as { readonly id: string }).id;
}

async function createKey(spec: object): Promise<string> {
  const answer = await tenant.call('POST', '/iam/v2/api-keys', {
    spec: { owner: { id: accountId }, ...spec },
  });
  const { id, spec: made } = routes.createApiKey.response.schema.parse(answer.body);
  return basic(id, made.secret ?? '');
}

/** Asks the guard about a route that takes the given credentials; undefined = refused with 401. */
async function contextFor(
  authorization: string,
  credentials: readonly CredentialKind[],
  params: object = {},
): Promise<OpContext | undefined> {
  const route: Route = { ...routes.listEnvironments, credentials };
  const handler = { handle: (): undefined => undefined };
  const descriptor = Object.getOwnPropertyDescriptor(handler, 'handle') ?? {};
  Implements(route)(handler, 'handle', descriptor);
  const request = { headers: { authorization }, id: 'r1', ip: '192.0.2.1', params };
  const reply: { header: () => unknown } = { header: () => reply };
  const context = {
    getHandler: () => handler.handle,
    switchToHttp: () => ({ getRequest: () => request, getResponse: () => reply }),
  } as unknown as ExecutionContext;
  const guard = new CredentialGuard(
    app.get(Authenticator),
    app.get(GrantsReader),
    app.get(RequestLimits),
  );
  try {
    await guard.canActivate(context);
  } catch (error) {
    if (isAppError(error) && error.code === 'unauthenticated') return undefined;
    throw error;
  }
  return (request as unknown as HttpRequest).opContext;
}

test('a Cloud key opens what takes one, with its owner as the actor and what was granted', async () => {
  expect(await contextFor(keys.cloud, ['cloud-key', 'sts'])).toEqual({
    actor: { kind: 'ServiceAccount', id: accountId, name: `User:${accountId}` },
    organizationId: tenant.organizationId,
    requestId: 'r1',
    clientAddress: '192.0.2.1',
    credential: 'cloud-key',
    grants: grantsOf([
      { roleName: 'OrganizationAdmin', crnPattern: organizationCrn(tenant.organizationId) },
    ]),
  });
  expect(await contextFor(keys.cloud, ['kafka-key', 'session'])).toBeUndefined();
});

test('a cluster key opens the routes of its cluster only', async () => {
  const own = await contextFor(keys.cluster, ['kafka-key'], { cluster_id: clusterId });
  expect(own).toMatchObject({ credential: 'kafka-key', clusterId });
  for (const cluster_id of ['lkc-other', ''])
    expect(await contextFor(keys.cluster, ['kafka-key'], { cluster_id })).toBeUndefined();
  expect(await contextFor(keys.cluster, ['cloud-key'])).toBeUndefined();
});

test('a Global key opens both, of every cluster', async () => {
  for (const credentials of [['cloud-key'], ['kafka-key']] as const) {
    const ctx = await contextFor(keys.global, credentials, { cluster_id: 'lkc-any' });
    expect(ctx).toMatchObject({ credential: 'global-key' });
    expect(ctx?.clusterId).toBeUndefined();
  }
  expect(await contextFor(keys.global, ['session'])).toBeUndefined();
});

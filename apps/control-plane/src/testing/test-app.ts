import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { newId, newOrganizationId, organizationCrn } from '@weirhouse/cloud-contract';
import type { Log } from '@weirhouse/shared-kernel';
import { Registry } from 'prom-client';
import { ApiKeysService } from '../api-keys/api-keys.service.ts';
import type { AppPorts } from '../app.module.ts';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { systemContext } from '../auth/op-context.ts';
import type { Database } from '../database/database.ts';
import { Repositories } from '../database/repositories.ts';
import { ApiAddress } from '../http/api-address.ts';
import { createApp } from '../http/create-app.ts';
import { systemClock, systemRandom } from '../ports.ts';
import { organizationAdmin } from '../role-bindings/organization-admin.ts';
import { SessionsService } from '../sessions/sessions.service.ts';
import { deriveMasterKey } from '../secrets/master-key.ts';

const silent = (): void => undefined;

/** A log that keeps quiet. */
export const SILENT_LOG: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** Specs fail on purpose, and often. */
const FAILURES = { max: Number.POSITIVE_INFINITY, forgetMs: 1 };
const UNLIMITED = { pair: FAILURES, address: FAILURES, identity: FAILURES };

/** The master key of specs. */
export const TEST_MASTER_KEY = deriveMasterKey(Buffer.alloc(32, 7));

/** Where the test app says it is. */
export const TEST_URL = 'http://api.test';

/** The answer to a request through Fastify's `inject`. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Parsed; undefined when the answer has no body. */
  readonly body: unknown;
}

/** An organization with a user and a Cloud key, and a way to call the API as that user. */
export interface Tenant {
  readonly organizationId: string;
  readonly userId: string;
  readonly keyId: string;
  readonly secret: string;
  readonly email: string;
  /** Opens a session of the user; answers its token. */
  signIn(): Promise<string>;
  call(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    body?: unknown,
  ): Promise<Answer>;
}

/** The REST API on a database, without a port. */
export async function createTestApp(
  database: Database,
  ports: Partial<Omit<AppPorts, 'database'>> = {},
  options: Parameters<typeof createApp>[1] = {},
): Promise<NestFastifyApplication> {
  const app = await createApp(
    {
      database,
      masterKey: TEST_MASTER_KEY,
      attemptLimits: UNLIMITED,
      clock: systemClock,
      random: systemRandom,
      log: SILENT_LOG,
      metrics: new Registry(),
      ...ports,
    },
    options,
  );
  app.get(ApiAddress).becomes(TEST_URL);
  await app.init();
  await app.getHttpAdapter().getInstance().ready();
  return app;
}

/** Calls the API with any headers. */
export async function inject(
  app: NestFastifyApplication,
  request: {
    readonly method: string;
    readonly url: string;
    readonly headers?: Readonly<Record<string, string>>;
    readonly payload?: string;
  },
): Promise<Answer> {
  const { method, url, headers = {}, payload } = request;
  const answer = await app.inject({
    method: method as 'GET',
    url,
    headers: { ...headers },
    ...(payload === undefined ? {} : { payload }),
  });
  const isText = answer.headers['content-type']?.toString().startsWith('text/plain') === true;
  const body: unknown =
    answer.body === '' || isText ? answer.body || undefined : JSON.parse(answer.body);
  return { status: answer.statusCode, headers: answer.headers, body };
}

/** Makes a tenant below the REST API, as the first start does. */
export async function createTenant(app: NestFastifyApplication): Promise<Tenant> {
  const organizationId = newOrganizationId(systemRandom);
  const userId = newId('u', systemRandom);
  const email = `${userId}@example.org`;
  const ctx = systemContext(organizationId, 'test');
  await app.get(UnitOfWork).run(ctx, async (tx) => {
    const createdAtMs = systemClock.wallMs();
    const organization = { id: organizationId, displayName: 'Test', createdAtMs };
    await app.get(Repositories).organizations.ensure(tx, organization);
    const user = { id: userId, organizationId, email, fullName: 'Owner' };
    await app.get(Repositories).users.ensure(tx, user, createdAtMs);
    const binding = organizationAdmin(organizationId, userId);
    const id = newId('rb', systemRandom);
    await app.get(Repositories).roleBindings.ensure(tx, { id, ...binding, createdAtMs });
  });
  const { key, secret } = await app.get(ApiKeysService).create(ctx, {
    displayName: 'test',
    description: '',
    ownerId: userId,
    resource: undefined,
  });
  return {
    organizationId,
    userId,
    email,
    signIn: async () => {
      const user = await app.get(Repositories).users.find(organizationId, userId);
      if (user === undefined) throw new Error('the user is gone');
      return (await app.get(SessionsService).open(ctx, user)).token;
    },
    keyId: key.id,
    secret: secret.reveal(),
    call: (method, url, body) =>
      inject(app, {
        method,
        url,
        headers: {
          authorization: basic(key.id, secret.reveal()),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      }),
  };
}

/** Gives a role below the REST API, to the organization when no pattern is given. */
export async function bindRole(
  app: NestFastifyApplication,
  tenant: Tenant,
  role: { readonly principalId: string; readonly roleName: string; readonly crnPattern?: string },
): Promise<void> {
  const { organizationId } = tenant;
  await app.get(UnitOfWork).run(systemContext(organizationId, 'test'), (tx) =>
    app.get(Repositories).roleBindings.ensure(tx, {
      id: newId('rb', systemRandom),
      organizationId,
      principal: `User:${role.principalId}`,
      roleName: role.roleName,
      crnPattern: role.crnPattern ?? organizationCrn(organizationId),
      createdAtMs: systemClock.wallMs(),
    }),
  );
}

/** The header of HTTP Basic (RFC 7617 section 2). */
export function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

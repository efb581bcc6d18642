import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { routes, type Route } from '@weirhouse/cloud-contract';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase, SETUP_MAX_MS } from '../database/testing.ts';
import { systemClock } from '../ports.ts';
import { ask, EXAMPLES, keyWithRole, makeWorld, type World } from '../testing/route-world.ts';
import { basic, createTestApp, type Answer } from '../testing/test-app.ts';
import { DenialLog } from './denial-log.ts';

type Key = keyof typeof routes;

/** Between two requests: refusals of a caller are recorded every ten seconds at most. */
const BETWEEN_MS = 11_000;

/** Why some changes cannot succeed here; their own specs look at what they record. */
const NOT_HERE: Partial<Record<Key, string>> = {
  acceptInvitation: 'needs the link of an invitation',
  applyPlan: 'goes on after its answer',
  changePassword: 'needs a password',
  createIdentityProvider: 'asks an issuer',
  createSession: 'needs a password',
  deleteEnvironment: 'the environment holds clusters until brokers are gone',
  exchangeToken: 'needs an issuer’s token',
  refreshJwks: 'asks an issuer',
  usePasswordReset: 'needs a token',
};

/** What takes other things along, or the caller, comes last. */
const LAST: readonly Key[] = [
  'deleteClientQuota',
  'deleteApiKey',
  'deleteRoleBinding',
  'deleteInvitation',
  'deleteIdentityPool',
  'deleteIdentityProvider',
  'deleteServiceAccount',
  'deleteCluster',
  'createAccessToken',
  'deleteSession',
];

/** What stands in the way of some of these by then. */
const FIRST: Partial<Record<Key, () => Promise<unknown>>> = {
  deleteCluster: () => world.tenant.call('PATCH', routes.updateAuditLog.path, { cluster_id: null }),
  deleteIdentityProvider: () => database.prisma.identityPool.deleteMany(),
};

const CHANGES = (Object.keys(routes) as readonly Key[]).filter((key) => {
  const route: Route = routes[key];
  return route.auditType !== undefined && route.api !== 'kafka/v3';
});
const IN_ORDER = CHANGES.filter((key) => !(key in NOT_HERE) && key !== 'deleteUser').toSorted(
  (a, b) => LAST.indexOf(a) - LAST.indexOf(b),
);

let database: OpenDatabase;
let app: NestFastifyApplication;
let world: World;
let nobodyKey: string;
let aheadMs = 0;

beforeAll(async () => {
  database = await openTestDatabase();
  const clock = { ...systemClock, wallMs: () => Date.now() + aheadMs };
  app = await createTestApp(database.prisma, { clock });
  world = await makeWorld(app);
  nobodyKey = await keyWithRole(app, world, undefined);
}, SETUP_MAX_MS);

afterAll(async () => {
  await app.close();
  await database.close();
});

function askAs(key: Key, authorization: string): Promise<Answer> {
  const example = EXAMPLES[key]?.(world.ids) ?? {};
  return ask(app, key, { example, authorization });
}

function credentialFor(key: Key): string {
  const { credentials }: Route = routes[key];
  if (!credentials.includes('cloud-key')) return world.session;
  return basic(world.tenant.keyId, world.tenant.secret);
}

/** Everybody may rename themselves and make keys of their own: that succeeds. */
function expectedOf(auditType: string | undefined, status: number): readonly string[] {
  if (status < 300) return [`${auditType} SUCCESS`];
  if (status === 401) return [`${auditType} UNAUTHENTICATED`];
  return status === 403 ? [`${auditType} FORBIDDEN`] : [];
}

/** What a request left in the audit log. */
async function recordsOf(answer: Answer): Promise<readonly string[]> {
  await app.get(DenialLog).settle();
  const rows = await database.prisma.auditRecord.findMany({
    where: { requestId: String(answer.headers['x-request-id']) },
  });
  return rows.map(({ action, result }) => `${action} ${result}`);
}

describe.each(CHANGES.filter((key) => routes[key].credentials.length > 0).map((key) => ({ key })))(
  'a refused $key',
  ({ key }) => {
    const { auditType }: Route = routes[key];

    test('is one event when the key’s secret is wrong', async () => {
      aheadMs += BETWEEN_MS;
      const answer = await askAs(key, basic(world.tenant.keyId, 'wrong'));
      expect(answer.status).toBe(401);
      expect(await recordsOf(answer)).toEqual([`${auditType} UNAUTHENTICATED`]);
    });

    test('is one event when the caller may not, and none when the thing is not there for it', async () => {
      aheadMs += BETWEEN_MS;
      const answer = await askAs(key, nobodyKey);
      expect(await recordsOf(answer)).toEqual(expectedOf(auditType, answer.status));
    });
  },
);

describe.each(IN_ORDER.map((key) => ({ key })))('$key', ({ key }) => {
  test('writes one event of its own type, under the request’s id', async () => {
    aheadMs = 0;
    await FIRST[key]?.();
    const answer = await askAs(key, credentialFor(key));
    expect(answer.status, JSON.stringify(answer.body)).toBeLessThan(300);
    expect(await recordsOf(answer)).toEqual([`${routes[key].auditType} SUCCESS`]);
  });
});

test('deleting a user is one event too', async () => {
  const row = await database.prisma.userAccount.findFirst({
    where: { organizationId: world.ids.organizationId, id: { not: world.ids.userId } },
  });
  expect(row).not.toBeNull();
  const answer = await ask(app, 'deleteUser', {
    example: { params: { id: row?.id ?? '' } },
    authorization: basic(world.tenant.keyId, world.tenant.secret),
  });
  expect(answer.status).toBe(204);
  expect(await recordsOf(answer)).toEqual(['DeleteUser SUCCESS']);
});

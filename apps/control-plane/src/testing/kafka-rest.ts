import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { AdminClient, type AclBinding } from '@weirhouse/kafka-client';
import { startBroker, temporaryFolder, type TestBroker } from '@weirhouse/testing-harness';
import type { OpenDatabase } from '../database/database.ts';
import { openTestDatabase } from '../database/testing.ts';
import {
  basic,
  createTenant,
  createTestApp,
  inject,
  type Answer,
  type Tenant,
} from './test-app.ts';
import { KafkaAccessRepository } from '../kafka-rest/kafka-access.repository.ts';

/** For specs: how long starting all of this may take, in milliseconds. */
export const KAFKA_SETUP_MAX_MS = 120_000;

/** A cluster's key with the principal that it acts as. */
export interface TestKey {
  readonly id: string;
  readonly secret: string;
  readonly principal: string;
}

/** The REST API with one cluster whose broker is a real one. */
export interface KafkaRest {
  readonly app: NestFastifyApplication;
  readonly database: OpenDatabase;
  readonly tenant: Tenant;
  readonly clusterId: string;
  readonly environmentId: string;
  readonly broker: TestBroker;
  /** The cluster's super user. */
  readonly admin: AdminClient;
  /** Its name and password, for other clients. */
  readonly superUser: { readonly username: string; readonly password: string };
  /** A key of a principal that ACLs allow everything. */
  readonly owner: TestKey;
  newKey(clusterId?: string): Promise<TestKey>;
  allow(principal: string, acl: Partial<AclBinding>): Promise<void>;
  /** `path` is below the cluster. */
  call(key: TestKey, method: string, path: string, body?: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

interface Created {
  readonly id: string;
  readonly spec: { readonly secret: string };
}

/** What a spec may have otherwise in the app. */
type AppParameters =
  Parameters<typeof createTestApp> extends [unknown, ...infer Rest] ? Rest : never;

/** Starts it; `stop` ends everything. */
export async function startKafkaRest(...[ports, options]: AppParameters): Promise<KafkaRest> {
  const database = await openTestDatabase();
  const app = await createTestApp(database.prisma, ports, options);
  const tenant = await createTenant(app);
  const create = async (url: string, body: unknown): Promise<Created> =>
    (await tenant.call('POST', url, body)).body as Created;
  const environment = await create('/org/v2/environments', { display_name: 'prod' });
  const cluster = await create('/cmk/v2/clusters', newCluster(environment.id));
  const clusterId = cluster.id;
  const { admin, broker, removeFolder, superUser } = await startOwnBroker(app, database, {
    organizationId: tenant.organizationId,
    clusterId,
  });

  let accounts = 0;
  const newKey: KafkaRest['newKey'] = async (ofCluster = clusterId) => {
    accounts += 1;
    const display_name = `account-${accounts}`;
    const account = await create('/iam/v2/service-accounts', { display_name });
    const spec = { owner: { id: account.id }, resource: { id: ofCluster } };
    const key = await create('/iam/v2/api-keys', { spec });
    return { id: key.id, secret: key.spec.secret, principal: `User:${account.id}` };
  };
  const allow: KafkaRest['allow'] = async (principal, acl) => {
    const [failure] = await admin.createAcls([{ ...EVERYTHING, principal, ...acl }]);
    if (failure) throw failure;
  };
  const owner = await newKey();
  for (const resourceType of ['topic', 'group', 'transactional_id'] as const)
    await allow(owner.principal, { resourceType });
  await allow(owner.principal, { resourceType: 'cluster', resourceName: 'kafka-cluster' });
  return {
    app,
    database,
    tenant,
    clusterId,
    environmentId: environment.id,
    broker,
    admin,
    superUser,
    owner,
    newKey,
    allow,
    call: (key, method, path, body) =>
      inject(app, {
        method,
        url: `/kafka/v3/clusters/${clusterId}${path}`,
        headers: {
          authorization: basic(key.id, key.secret),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { payload: JSON.stringify(body) }),
      }),
    stop: async () => {
      admin.close();
      await app.close();
      broker.kill('SIGTERM');
      await broker.exited();
      await database.close();
      removeFolder();
    },
  };
}

const EVERYTHING: AclBinding = {
  resourceType: 'topic',
  resourceName: '*',
  patternType: 'literal',
  principal: '',
  host: '*',
  operation: 'all',
  permission: 'allow',
};

/** A body of a new cluster. */
export function newCluster(environmentId: string): object {
  const place = { availability: 'SINGLE_ZONE', cloud: 'AWS', region: 'local' };
  const environment = { id: environmentId };
  return { spec: { display_name: 'c', ...place, config: { kind: 'Basic' }, environment } };
}

async function startOwnBroker(
  app: NestFastifyApplication,
  database: OpenDatabase,
  place: { readonly organizationId: string; readonly clusterId: string },
): Promise<{
  readonly broker: TestBroker;
  readonly admin: AdminClient;
  readonly superUser: KafkaRest['superUser'];
  readonly removeFolder: () => void;
}> {
  const { clusterId, organizationId } = place;
  const access = await app.get(KafkaAccessRepository).find(organizationId, clusterId);
  if (!access) throw new Error('the cluster was not made');
  const { password, username } = access;
  const folder = temporaryFolder('kafka-rest');
  const credentials = join(folder.path, 'credentials.json');
  writeFileSync(
    credentials,
    JSON.stringify({ users: [{ name: username, password: password.reveal() }] }),
    { mode: 0o600 },
  );
  const dir = join(folder.path, 'data');
  mkdirSync(dir);
  const broker = await startBroker({
    dir,
    config: {
      'cluster.id': clusterId,
      listeners: 'SASL_PLAINTEXT://127.0.0.1:0',
      'super.users': `User:${username}`,
      'bootstrap.credentials.file': credentials,
      'auto.create.topics.enable': false,
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    },
  });
  const [host = '', port = ''] = broker.bootstrap.split(':');
  const clientPort = Number(port);
  const adminPort = Number(new URL(broker.adminUrl).port);
  const row = { clusterId, nodeId: 1, host, clientPort, adminPort };
  await database.prisma.clusterBroker.create({ data: row });
  const admin = new AdminClient({
    bootstrap: [{ host, port: clientPort }],
    clientId: 'spec',
    sasl: { mechanism: 'SCRAM-SHA-512', username, password },
  });
  const superUser = { username, password: password.reveal() };
  return { broker, admin, superUser, removeFolder: () => folder.remove() };
}

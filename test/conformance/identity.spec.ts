import { once } from 'node:events';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { Admin } from '@platformatic/kafka';
import {
  canMakeCertificates,
  makeCertificate,
  startBroker,
  startTokenIssuer,
  temporaryFolder,
  waitFor,
  type TestBroker,
  type TestCertificate,
  type TokenIssuer,
} from '@weirhouse/testing-harness';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type KafkaConfig,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const USER = 'admin';
const PASSWORD = 'a password of some length';

describe.runIf(canMakeCertificates())('who a client is', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let broker: TestBroker;
  let issuer: TokenIssuer;
  let server: TestCertificate;
  let authority: TestCertificate;
  const addresses = { CLIENTS: '', RENEWING: '', MESH: '' };

  beforeAll(async () => {
    folder = temporaryFolder('identity');
    issuer = await startTokenIssuer();
    authority = makeCertificate(folder.path, 'authority', { subject: '/CN=authority' });
    server = makeCertificate(folder.path, 'server', { authority });
    const credentials = join(folder.path, 'credentials.json');
    writeFileSync(credentials, JSON.stringify({ users: [{ name: USER, password: PASSWORD }] }));
    broker = await startBroker({
      dir: join(folder.path, 'data'),
      config: {
        listeners: 'CLIENTS://127.0.0.1:0,RENEWING://127.0.0.1:0,MESH://127.0.0.1:0',
        'listener.security.protocol.map': 'CLIENTS:SASL_PLAINTEXT,RENEWING:SASL_PLAINTEXT,MESH:SSL',
        'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-512,OAUTHBEARER',
        'listener.name.renewing.oauthbearer.connections.max.reauth.ms': 1_500,
        'sasl.oauthbearer.jwks.endpoint.url': issuer.keysUrl,
        'sasl.oauthbearer.expected.audience': 'kafka',
        'listener.name.mesh.ssl.client.auth': 'required',
        'listener.name.mesh.ssl.truststore.type': 'PEM',
        'listener.name.mesh.ssl.truststore.location': authority.certificateFile,
        'ssl.certificate.file': server.certificateFile,
        'ssl.key.file': server.keyFile,
        'ssl.principal.mapping.rules': 'RULE:^CN=(.*?),.*$/$1/L,DEFAULT',
        'bootstrap.credentials.file': credentials,
        'super.users': `User:${USER}`,
        'log.level': 'warn',
      },
    });
    for (const name of ['CLIENTS', 'RENEWING', 'MESH'] as const)
      addresses[name] = new RegExp(`${name}://([^\\s,]+)`).exec(broker.output())?.[1] ?? '';
  });

  afterAll(async () => {
    issuer.close();
    broker.kill('SIGTERM');
    await broker.exited();
    folder.remove();
  });

  const kafka = (listener: keyof typeof addresses, config: Partial<KafkaConfig>): Kafka =>
    new Kafka({
      clientId: 'identity',
      brokers: [addresses[listener]],
      logLevel: logLevel.NOTHING,
      retry: { retries: 1, initialRetryTime: 20 },
      ...config,
    });

  const bearer = (token: string): Partial<KafkaConfig> => ({
    sasl: {
      mechanism: 'oauthbearer',
      oauthBearerProvider: () => Promise.resolve({ value: token }),
    },
  });

  const certified = (files: TestCertificate) => ({
    ssl: {
      ca: [readFileSync(authority.certificateFile)],
      cert: readFileSync(files.certificateFile),
      key: readFileSync(files.keyFile),
    },
  });

  /** Allows `principal` to read and describe the topic, as the super user. */
  async function grant(topic: string, principal: string): Promise<void> {
    const sasl = { mechanism: 'plain', username: USER, password: PASSWORD } as const;
    const admin = kafka('CLIENTS', { sasl }).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }] });
    const resource = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
    };
    const allowed = { operation: AclOperationTypes.READ, permissionType: AclPermissionTypes.ALLOW };
    await admin.createAcls({ acl: [{ ...resource, principal, host: '*', ...allowed }] });
    await admin.disconnect();
  }

  async function topicsSeenBy(client: Kafka): Promise<string[]> {
    const admin = client.admin();
    onTestFinished(() => admin.disconnect());
    await admin.connect();
    return admin.listTopics();
  }

  test('a bearer token names its subject', async () => {
    await grant('of-agents', 'User:agent');
    const client = kafka('CLIENTS', bearer(issuer.token()));
    expect(await topicsSeenBy(client)).toEqual(['of-agents']);
    const other = kafka('CLIENTS', bearer(issuer.token({ sub: 'other' })));
    expect(await topicsSeenBy(other)).toEqual([]);
  });

  test.each([
    ['for somebody else', { aud: 'other' }],
    ['that has ended', { exp: 1 }],
  ])('a bearer token %s lets nobody in', async (_, claims) => {
    const client = kafka('CLIENTS', bearer(issuer.token(claims)));
    await expect(topicsSeenBy(client)).rejects.toThrow(/clos|connect/i);
  });

  test('a client authenticates its connection again before the session ends', async () => {
    const admin = new Admin({
      clientId: 'identity',
      bootstrapBrokers: [addresses.RENEWING],
      sasl: { mechanism: 'OAUTHBEARER', token: () => issuer.token() },
      retries: 0,
    });
    onTestFinished(() => admin.close());
    const logins = async (): Promise<number> => {
      const metrics = await (await fetch(`${broker.adminUrl}/metrics`)).text();
      const ok = /authentications_total\{mechanism="OAUTHBEARER",result="ok"\} (\d+)/;
      return Number(ok.exec(metrics)?.[1] ?? 0);
    };
    await admin.listTopics();
    const before = await logins();
    await waitFor('two more logins', async () => (await logins()) >= before + 2, 20_000);
    expect(await admin.listTopics()).toEqual(expect.any(Array));
  });

  test('a certificate names its subject, by the rules', async () => {
    await grant('of-readers', 'User:reader');
    const files = makeCertificate(folder.path, 'reader', {
      authority,
      subject: '/O=weirhouse/CN=Reader',
    });
    expect(await topicsSeenBy(kafka('MESH', certified(files)))).toEqual(['of-readers']);
  });

  test('without a certificate, or with one of somebody else, nobody comes in', async () => {
    const foreign = makeCertificate(folder.path, 'foreign', { subject: '/O=weirhouse/CN=Reader' });
    const ca = [readFileSync(authority.certificateFile)];
    for (const config of [{ ssl: { ca } }, certified(foreign)]) {
      const admin = kafka('MESH', config).admin();
      onTestFinished(() => admin.disconnect());
      await expect(admin.connect()).rejects.toThrow(/certificate|clos|connect|reset/i);
    }
  });

  test('a renewed certificate is served to new connections, a broken one is not', async () => {
    const own = makeCertificate(folder.path, 'watcher', { authority });
    const serverName = async (): Promise<string> => {
      const [host = '', port = ''] = addresses.MESH.split(':');
      const socket = connectTls({ host, port: Number(port), ...certified(own).ssl });
      onTestFinished(() => void socket.destroy());
      await once(socket, 'secureConnect');
      return socket.getPeerX509Certificate()?.subject ?? '';
    };
    expect(await serverName()).toBe('CN=localhost');
    const renewed = makeCertificate(folder.path, 'renewed', { authority, subject: '/CN=renewed' });
    copyFileSync(renewed.certificateFile, server.certificateFile);
    copyFileSync(renewed.keyFile, server.keyFile);
    await waitFor('the new certificate', async () => (await serverName()) === 'CN=renewed', 30_000);
    writeFileSync(server.keyFile, 'broken');
    await broker.waitForOutput(/the new certificate cannot be used/, 30_000);
    expect(await serverName()).toBe('CN=renewed');
  });
});

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import {
  canMakeCertificates,
  connectWire,
  makeCertificate,
  startBroker,
  startProcess,
  temporaryFolder,
  waitFor,
  type TestBroker,
  type TestCertificate,
} from '@weirhouse/testing-harness';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  ConfigResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
  type SASLOptions,
} from 'kafkajs';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

const USER = 'admin';
const PASSWORD = 'a password of some length';
const LOGIN: SASLOptions = { mechanism: 'scram-sha-512', username: USER, password: PASSWORD };

describe.runIf(canMakeCertificates())('TLS listeners', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let broker: TestBroker;
  let files: TestCertificate;
  const addresses = { SSL: '', SASL_SSL: '' };

  const kafka = (listener: keyof typeof addresses, sasl?: SASLOptions): Kafka =>
    new Kafka({
      clientId: 'tls',
      brokers: [addresses[listener]],
      ssl: { ca: [readFileSync(files.certificateFile)] },
      ...(sasl !== undefined && { sasl }),
      logLevel: logLevel.NOTHING,
      retry: { retries: 3, initialRetryTime: 50 },
    });

  beforeAll(async () => {
    folder = temporaryFolder('tls');
    files = makeCertificate(folder.path, 'server');
    const credentials = join(folder.path, 'credentials.json');
    writeFileSync(credentials, JSON.stringify({ users: [{ name: USER, password: PASSWORD }] }));
    broker = await startBroker({
      dir: join(folder.path, 'data'),
      config: {
        listeners: 'SSL://127.0.0.1:0,SASL_SSL://127.0.0.1:0',
        'ssl.certificate.file': files.certificateFile,
        'ssl.key.file': files.keyFile,
        'bootstrap.credentials.file': credentials,
        'super.users': `User:${USER}`,
        'group.initial.rebalance.delay.ms': 0,
        'max.connections': 12,
        'log.level': 'warn',
      },
    });
    for (const listener of ['SSL', 'SASL_SSL'] as const)
      addresses[listener] =
        new RegExp(`[ ,]${listener}://([^\\s,]+)`).exec(` ${broker.output()}`)?.[1] ?? '';
  });

  afterAll(async () => {
    broker.kill('SIGKILL');
    await broker.exited();
    folder.remove();
  });

  const aTlsClient = async (address: string): Promise<TLSSocket> => {
    const [host = '', port = ''] = address.split(':');
    const ca = readFileSync(files.certificateFile);
    const socket = connectTls({ host, port: Number(port), ca });
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => undefined);
    await waitFor('the handshake or the end', () => socket.authorized || socket.destroyed);
    return socket;
  };

  const refused = async (
    config: Readonly<Record<string, string>>,
  ): Promise<{ code: number | null; output: string }> => {
    const file = join(folder.path, `refused-${process.hrtime.bigint()}.json`);
    writeFileSync(file, JSON.stringify(config));
    const args = ['-C', 'source', 'apps/broker/src/main.ts', '--dir', join(folder.path, 'none')];
    const started = startProcess({ args: [...args, '--config', file] });
    const { code } = await started.exited();
    return { code, output: started.output().trim() };
  };

  test('a client logs in over TLS, produces large records and reads them back', async () => {
    const client = kafka('SASL_SSL', LOGIN);
    const admin = client.admin();
    await admin.connect();
    await admin.createTopics({
      topics: [
        {
          topic: 'private',
          numPartitions: 1,
          configEntries: [{ name: 'max.message.bytes', value: String(8 << 20) }],
        },
      ],
    });
    const producer = client.producer();
    await producer.connect();
    const values = Array.from({ length: 12 }, (_, index) => Buffer.alloc(500_000, index));
    await producer.send({ topic: 'private', messages: values.map((value) => ({ value })) });
    const seen: Buffer[] = [];
    const consumer = client.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: 'private', fromBeginning: true });
    await consumer.run({
      eachMessage: ({ message }) => {
        seen.push(message.value ?? Buffer.alloc(0));
        return Promise.resolve();
      },
    });
    await waitFor('all records', () => seen.length >= values.length);
    expect(seen.map((value, index) => value.equals(values[index] as Buffer))).toEqual(
      values.map(() => true),
    );
    await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
  });

  test('a certificate that cannot be used is refused where it is set, and nothing changes', async () => {
    const admin = kafka('SASL_SSL', LOGIN).admin();
    await admin.connect();
    const resource = { type: ConfigResourceTypes.BROKER, name: '1' };
    const name = 'listener.name.ssl.ssl.keystore.location';
    const set = (value: string, validateOnly = false) =>
      admin.alterConfigs({
        validateOnly,
        resources: [
          {
            ...resource,
            configEntries: [
              { name, value },
              { name: 'listener.name.ssl.ssl.keystore.type', value: 'PEM' },
            ],
          },
        ],
      });
    await expect(set(join(folder.path, 'missing.pem'))).rejects.toThrow(/request/i);
    await expect(set(files.certificateFile)).rejects.toThrow(/request/i);
    const store = join(folder.path, 'store.pem');
    writeFileSync(store, readFileSync(files.keyFile, 'utf8') + readFileSync(files.certificateFile));
    await set(store, true);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ ...resource, configNames: [name] }],
    });
    expect(resources[0]?.configEntries.map(({ configValue }) => configValue)).toEqual([]);
    await admin.disconnect();
  });

  test('cipher suites are chosen while the broker runs', async () => {
    const admin = kafka('SASL_SSL', LOGIN).admin();
    await admin.connect();
    const set = (...values: readonly string[]) =>
      admin.alterConfigs({
        validateOnly: false,
        resources: [
          {
            type: ConfigResourceTypes.BROKER,
            name: '1',
            configEntries: values.map((value) => ({ name: 'ssl.cipher.suites', value })),
          },
        ],
      });
    const agreed = async (): Promise<string> => {
      const socket = await aTlsClient(addresses.SSL);
      const { standardName } = socket.getCipher();
      socket.destroy();
      return standardName;
    };
    const usual = await agreed();
    const other = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384'].find(
      (name) => name !== usual,
    );
    await expect(set('TLS_NO_SUCH')).rejects.toThrow(/request/i);
    await set(other ?? '');
    await waitFor('the other suite', async () => (await agreed()) === other, 30_000);
    await set();
    await waitFor('the usual suite', async () => (await agreed()) === usual, 30_000);
    await admin.disconnect();
  });

  test('a client of the SSL listener has no name, and may do what anonymous clients may', async () => {
    const admin = kafka('SASL_SSL', LOGIN).admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic: 'open', numPartitions: 1 }] });
    const nameless = kafka('SSL').producer({ retry: { retries: 0 } });
    await nameless.connect();
    const send = () => nameless.send({ topic: 'open', messages: [{ value: 'one' }] });
    await expect(send()).rejects.toThrow(/authori[sz]ed/i);
    await admin.createAcls({
      acl: [
        {
          resourceType: AclResourceTypes.TOPIC,
          resourceName: 'open',
          resourcePatternType: ResourcePatternTypes.LITERAL,
          principal: 'User:ANONYMOUS',
          host: '*',
          operation: AclOperationTypes.WRITE,
          permissionType: AclPermissionTypes.ALLOW,
        },
      ],
    });
    expect(await send()).toEqual([expect.objectContaining({ errorCode: 0, baseOffset: '0' })]);
    await Promise.all([nameless.disconnect(), admin.disconnect()]);
  });

  test('bytes that are not TLS are refused and harm nobody', async () => {
    for (const bytes of [
      Buffer.from('000000140012000000000001000477697265', 'hex'),
      Buffer.from('GET / HTTP/1.1\r\n\r\n'),
      Buffer.alloc(100_000, 0x16),
    ]) {
      const client = await connectWire(addresses.SASL_SSL);
      client.write(bytes);
      await client.waitForEnd();
      client.close();
    }
    expect((await aTlsClient(addresses.SASL_SSL)).authorized).toBe(true);
  });

  test('connections count from their acceptance on, and leave in every phase', async () => {
    // Those of the tests before have gone when all of the limit is free.
    const silent = await waitFor('the whole limit', async () => {
      const clients = await Promise.all(
        Array.from({ length: 12 }, () => connectWire(addresses.SSL)),
      );
      const further = await aTlsClient(addresses.SSL);
      const isFull = clients.every(({ ending }) => ending === undefined) && !further.authorized;
      if (isFull) return clients;
      for (const client of clients) client.close();
      return undefined;
    });
    for (const [index, client] of silent.entries())
      if (index % 2 === 0) client.reset();
      else client.close();
    await waitFor('room', async () => (await aTlsClient(addresses.SSL)).authorized);
    expect((await aTlsClient(addresses.SASL_SSL)).authorized).toBe(true);
  });

  test('a certificate that cannot be used is one clear sentence, before anything is opened', async () => {
    const { code, output } = await refused({
      listeners: 'SSL://127.0.0.1:0',
      'ssl.certificate.file': join(folder.path, 'missing.pem'),
      'ssl.key.file': files.keyFile,
    });
    expect([code, output]).toEqual([
      2,
      `ssl.certificate.file: ${join(folder.path, 'missing.pem')} cannot be read.`,
    ]);
  });

  test('a handshake that never ends does not hold up the end of the broker', async () => {
    const silent = await connectWire(addresses.SSL);
    onTestFinished(silent.close);
    expect((await aTlsClient(addresses.SSL)).authorized).toBe(true);
    broker.kill('SIGTERM');
    expect((await broker.exited()).code).toBe(0);
    expect(await silent.waitForEnd()).toBeDefined();
  });
});

import net from 'node:net';
import { ApiKey } from '@weirhouse/kafka-protocol';
import { defaultDescribeAclsRequest } from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import {
  defaultDescribeClusterRequest,
  readDescribeClusterRequest,
} from '@weirhouse/kafka-protocol/messages/describe-cluster-request';
import {
  defaultDescribeClusterResponse,
  writeDescribeClusterResponse,
} from '@weirhouse/kafka-protocol/messages/describe-cluster-response';
import { defaultMetadataRequest } from '@weirhouse/kafka-protocol/messages/metadata-request';
import {
  defaultMetadataResponse,
  writeMetadataResponse,
} from '@weirhouse/kafka-protocol/messages/metadata-response';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { apis } from './apis.ts';
import { Connection } from './connection.ts';
import { FakeBroker } from './testing/fake-broker.ts';

let broker: FakeBroker;
let port: number;
let opened: Connection[];

async function open(requestTimeoutMs = 5_000, holdMaxMs?: number): Promise<Connection> {
  const connection = await Connection.open({
    host: '127.0.0.1',
    port,
    clientId: 'spec',
    requestTimeoutMs,
    holdMaxMs,
  });
  opened.push(connection);
  return connection;
}

beforeEach(async () => {
  broker = new FakeBroker();
  broker.handlers.set(ApiKey.DescribeCluster, ({ body, version }, writer) => {
    readDescribeClusterRequest(body, version);
    const response = { ...defaultDescribeClusterResponse(), clusterId: `v${version}` };
    writeDescribeClusterResponse(writer, response, version);
  });
  broker.handlers.set(ApiKey.Metadata, ({ version }, writer) =>
    writeMetadataResponse(writer, { ...defaultMetadataResponse(), clusterId: 'meta' }, version),
  );
  port = await broker.listen();
  opened = [];
});

afterEach(() => {
  for (const connection of opened) connection.close();
  broker.close();
});

describe('Connection', () => {
  it('tells who watches of each request and its end, and calls the client what the watcher says', async () => {
    const ended: unknown[] = [];
    const connection = await Connection.open({
      host: '127.0.0.1',
      port,
      clientId: 'spec',
      requestTimeoutMs: 5_000,
      onRequest: (api) => ({
        ...(api === 'DescribeCluster' ? { clientId: 'spec/request-1' } : {}),
        end: (failure) => ended.push([api, failure?.code]),
      }),
    });
    opened.push(connection);
    await connection.send(apis.describeCluster, defaultDescribeClusterRequest());
    expect(broker.requests.map(({ clientId }) => clientId)).toEqual(['spec', 'spec/request-1']);
    expect(ended).toEqual([
      ['ApiVersions', undefined],
      ['DescribeCluster', undefined],
    ]);
  });

  it('asks in the highest version that both sides know', async () => {
    broker.versions.set(ApiKey.DescribeCluster, [0, 1]);
    const connection = await open();
    const response = await connection.send(apis.describeCluster, defaultDescribeClusterRequest());
    expect(response.clusterId).toBe('v1');
    expect(broker.requests.at(-1)?.clientId).toBe('spec');
  });

  it('negotiates again in the version that an older broker offers', async () => {
    broker.versions.set(ApiKey.ApiVersions, [0, 2]);
    const connection = await open();
    expect(broker.requests.map(({ version }) => version)).toEqual([4, 2]);
    expect(connection.findVersions(apis.metadata.info)).toEqual({ min: 0, max: 13 });
  });

  it('refuses an API that the broker does not have, and stays usable', async () => {
    broker.versions.delete(ApiKey.DescribeAcls);
    broker.versions.set(ApiKey.CreateAcls, [90, 91]);
    const connection = await open();
    const refusal = { code: 'failed_precondition' };
    const create = connection.send(apis.createAcls, { creations: [] });
    await expect(create).rejects.toMatchObject(refusal);
    const list = connection.send(apis.describeAcls, defaultDescribeAclsRequest());
    await expect(list).rejects.toMatchObject(refusal);
    await connection.send(apis.metadata, defaultMetadataRequest());
  });

  it('sends on without waiting and gives every answer to its request', async () => {
    const connection = await open();
    const answers = await Promise.all([
      connection.send(apis.metadata, defaultMetadataRequest()),
      connection.send(apis.describeCluster, defaultDescribeClusterRequest()),
      connection.send(apis.metadata, defaultMetadataRequest()),
    ]);
    expect(answers.map(({ clusterId }) => clusterId)).toEqual(['meta', 'v2', 'meta']);
    expect(broker.connections).toBe(1);
  });

  it('waits as long as the broker holds it back, and says so where that is too long', async () => {
    const throttleTimeMs = 300;
    broker.handlers.set(ApiKey.Metadata, ({ version }, writer) =>
      writeMetadataResponse(writer, { ...defaultMetadataResponse(), throttleTimeMs }, version),
    );
    const patient = await open();
    await patient.send(apis.metadata, defaultMetadataRequest());
    expect(patient.heldBackMs).toBeGreaterThan(0);
    const startMs = performance.now();
    await patient.send(apis.describeCluster, defaultDescribeClusterRequest());
    expect(performance.now() - startMs).toBeGreaterThan(throttleTimeMs - 100);
    const impatient = await open(5_000, 50);
    await impatient.send(apis.metadata, defaultMetadataRequest());
    const refused = impatient.send(apis.describeCluster, defaultDescribeClusterRequest());
    await expect(refused).rejects.toMatchObject({
      code: 'rate_limited',
      cause: { retryAfterMs: expect.any(Number) },
    });
    expect(impatient.isOpen).toBe(true);
  });

  it('fails a request that is not answered in time, and everything behind it', async () => {
    broker.handlers.set(ApiKey.Metadata, () => false);
    const connection = await open(50);
    const results = await Promise.allSettled([
      connection.send(apis.metadata, defaultMetadataRequest()),
      connection.send(apis.metadata, defaultMetadataRequest()),
    ]);
    expect(results.map((result) => result.status)).toEqual(['rejected', 'rejected']);
    await expect(connection.send(apis.metadata, defaultMetadataRequest())).rejects.toMatchObject({
      code: 'timeout',
    });
    expect(connection.isOpen).toBe(false);
  });

  it('fails what is waited for when the broker goes away', async () => {
    broker.handlers.set(ApiKey.Metadata, () => {
      broker.cut();
      return false;
    });
    const connection = await open();
    await expect(connection.send(apis.metadata, defaultMetadataRequest())).rejects.toMatchObject({
      code: 'unavailable',
    });
  });

  it('fails with a clear error when nothing listens there', async () => {
    broker.close();
    await expect(open()).rejects.toMatchObject({ code: 'unavailable' });
  });

  it('refuses an answer that is no Kafka frame', async () => {
    const server = net.createServer((socket) => {
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'));
      socket.on('error', () => undefined);
    });
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const address = server.address() as net.AddressInfo;
    try {
      await expect(
        Connection.open({ host: '127.0.0.1', port: address.port, clientId: 'spec' }),
      ).rejects.toMatchObject({ code: 'corrupt' });
    } finally {
      server.close();
    }
  });

  it('closes when an answer cannot be decoded', async () => {
    broker.handlers.set(ApiKey.Metadata, (_request, writer) => writer.writeInt8(1));
    const connection = await open();
    await expect(connection.send(apis.metadata, defaultMetadataRequest())).rejects.toMatchObject({
      code: 'corrupt',
    });
    expect(connection.isOpen).toBe(false);
  });

  it('refuses to wait for more answers than the limit', async () => {
    broker.handlers.set(ApiKey.Metadata, () => false);
    const connection = await open();
    const waiting = Array.from({ length: 128 }, () =>
      connection.send(apis.metadata, defaultMetadataRequest()),
    );
    await expect(connection.send(apis.metadata, defaultMetadataRequest())).rejects.toThrow('128');
    connection.close();
    const results = await Promise.allSettled(waiting);
    expect(results.every((result) => result.status === 'rejected')).toBe(true);
  });
});

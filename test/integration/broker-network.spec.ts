import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Reader } from '@weirhouse/kafka-protocol';
import { readApiVersionsResponse } from '@weirhouse/kafka-protocol/messages/api-versions-response';
import { readFetchResponse } from '@weirhouse/kafka-protocol/messages/fetch-response';
import { readMetadataResponse } from '@weirhouse/kafka-protocol/messages/metadata-response';
import { readProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';
import {
  connectWire,
  startBroker,
  startProcess,
  temporaryFolder,
  waitFor,
  type TestBroker,
  type WireClient,
} from '@weirhouse/testing-harness';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  API_VERSIONS,
  bodyOf,
  call,
  correlationIdOf,
  ensureTopic,
  FETCH,
  fetchFrom,
  frame,
  METADATA,
  metadata,
  metric,
  PRODUCE,
  produce,
  request,
} from './wire-requests.ts';

const ZERO_BYTES = Buffer.alloc(0);

const residentBytes = (broker: TestBroker): Promise<number> =>
  metric(broker, 'process_resident_memory_bytes');

function connectionsAre(broker: TestBroker, count: number): Promise<boolean> {
  return waitFor(
    `${count} connections`,
    async () => (await metric(broker, 'connections')) === count,
  );
}

/** A repeatable source of numbers below a bound (Lehmer's generator). */
function numbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (state * 48_271) % 0x7fffffff;
    return state % bound;
  };
}

async function writeInPieces(client: WireClient, stream: Buffer, seed: number): Promise<void> {
  const next = numbers(seed);
  for (let at = 0; at < stream.length;) {
    const end = Math.min(stream.length, at + 1 + next(next(5) === 0 ? 40_000 : 12));
    client.write(stream.subarray(at, end));
    at = end;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

let folder: ReturnType<typeof temporaryFolder>;
let broker: TestBroker;
let saslAddress: string;

beforeAll(async () => {
  folder = temporaryFolder('network');
  const credentials = join(folder.path, 'credentials.json');
  writeFileSync(credentials, JSON.stringify({ users: [{ name: 'u', password: 'a password' }] }));
  broker = await startBroker({
    dir: join(folder.path, 'data'),
    config: {
      listeners: 'PLAINTEXT://127.0.0.1:0,SASL_PLAINTEXT://127.0.0.1:0',
      'bootstrap.credentials.file': credentials,
      'allow.everyone.if.no.acl.found': true,
      'auto.create.topics.enable': true,
      'arena.bytes': 16 << 20,
      'wal.segment.bytes': 8 << 20,
      'log.level': 'warn',
    },
  });
  saslAddress = /SASL_PLAINTEXT:\/\/([^\s,]+)/.exec(broker.output())?.[1] ?? '';
});

afterAll(async () => {
  broker.kill('SIGKILL');
  await broker.exited();
  folder.remove();
});

async function aClient(address = broker.bootstrap): Promise<WireClient> {
  const client = await connectWire(address);
  onTestFinished(client.close);
  return client;
}

/** Proves that the broker serves: a new connection, a request, an answer without error. */
async function expectServed(): Promise<void> {
  const client = await connectWire(broker.bootstrap);
  const versions = readApiVersionsResponse(bodyOf(await call(client, request(API_VERSIONS, 1))), 2);
  client.close();
  expect(versions.errorCode).toBe(0);
}

describe('pipelining', () => {
  interface Kind {
    readonly make: (id: number, bytes: number) => Buffer;
    /** The error in the answer; absent for a request that has none. */
    readonly errorOf?: (answer: Reader) => number | undefined;
    readonly error?: number;
  }

  const produced = (acks: -1 | 0, id: number, bytes: number): Buffer =>
    produce(id, { topic: 'pipe', acks, value: Buffer.alloc(bytes, id) });
  const acknowledged: Kind = {
    make: (id, bytes) => produced(-1, id, bytes),
    errorOf: (answer) => {
      const [topic] = readProduceResponse(answer, PRODUCE.version).responses;
      return topic?.partitionResponses[0]?.errorCode;
    },
  };
  const kinds: readonly Kind[] = [
    acknowledged,
    acknowledged,
    { make: (id, bytes) => produced(0, id, bytes) },
    {
      make: (id) => metadata(id, 'pipe'),
      errorOf: (answer) => readMetadataResponse(answer, METADATA.version).topics[0]?.errorCode,
    },
    {
      make: (id) =>
        fetchFrom(id, { topic: 'pipe', fetchOffset: 0, maxWaitMs: 5, maxBytes: 20_000 }),
      errorOf: (answer) => {
        const [topic] = readFetchResponse(answer, FETCH.version).responses;
        return topic?.partitions[0]?.errorCode;
      },
    },
    {
      make: (id) => request(API_VERSIONS, id),
      errorOf: (answer) => readApiVersionsResponse(answer, API_VERSIONS.version).errorCode,
    },
    {
      // An unknown version is answered in version 0, so that any client can read the range.
      make: (id) => request({ key: 18, version: 99 }, id, (writer) => writer.writeInt32(-1)),
      errorOf: (answer) => readApiVersionsResponse(answer, 0).errorCode,
      error: 35,
    },
  ];

  test.each([
    ['at once', (client: WireClient, stream: Buffer) => Promise.resolve(client.write(stream))],
    ['in pieces', (client: WireClient, stream: Buffer) => writeInPieces(client, stream, 3)],
  ])('mixed requests written %s are answered in order', async (_, write) => {
    const client = await aClient();
    await ensureTopic(client, 'pipe');
    const before = client.frames.length;
    const next = numbers(11);
    const sent = Array.from({ length: 600 }, () => kinds[next(kinds.length)] ?? acknowledged);
    const stream = sent.map((kind, id) => kind.make(id, next(50) === 0 ? 100_000 : 100));
    await write(client, Buffer.concat(stream));
    const wanted = Array.from(sent.entries()).filter(([, { errorOf }]) => errorOf !== undefined);
    const answers = (await client.waitForFrames(before + wanted.length)).slice(before);
    expect(answers.map(correlationIdOf)).toEqual(wanted.map(([id]) => id));
    const errors = answers.map((answer, index) => wanted[index]?.[1].errorOf?.(bodyOf(answer)));
    expect(errors).toEqual(wanted.map(([, { error = 0 }]) => error));
  });
});

describe('bad input', () => {
  const hostile: readonly (readonly [string, Buffer])[] = [
    ['an unknown API key', request({ key: 999, version: 0 }, 1)],
    ['a version that is not served', request({ key: 3, version: 99 }, 1)],
    ['a negative version', request({ key: 1, version: -1 }, 1)],
    ['a malformed body', request(METADATA, 1, (writer) => writer.writeInt32(0x7fffffff))],
    ['a frame without header', frame(Buffer.from([0, 3]))],
    ['an empty frame', frame(ZERO_BYTES)],
    ['a frame longer than the limit', Buffer.from([0x06, 0x40, 0x00, 0x01, 0, 3, 0, 1])],
    ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xf0, 0, 3, 0, 1])],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['a TLS hello', Buffer.from('16030100a5010000a10303', 'hex')],
  ];

  test.each(hostile)('%s closes the connection and nothing else', async (_, bytes) => {
    const [neighbour, client] = [await aClient(), await aClient()];
    client.write(bytes);
    await client.waitForEnd();
    expect(client.frames).toEqual([]);
    const answer = await call(neighbour, request(API_VERSIONS, 5));
    expect(correlationIdOf(answer)).toBe(5);
  });

  test('what was asked before the bad frame is answered', async () => {
    const client = await aClient();
    client.write(Buffer.concat([request(API_VERSIONS, 1), request({ key: 999, version: 0 }, 2)]));
    await client.waitForEnd();
    expect(client.frames.map(correlationIdOf)).toEqual([1]);
  });

  test('thousands of hostile connections cost no memory and leave nothing open', async () => {
    const next = numbers(5);
    const noise = Buffer.alloc(4096);
    const attack = async (count: number): Promise<void> => {
      for (let done = 0; done < count; done += 50)
        await Promise.all(Array.from({ length: 50 }, () => attackOnce()));
    };
    const attackOnce = async (): Promise<void> => {
      const client = await connectWire(broker.bootstrap);
      const kind = next(hostile.length + 2);
      if (kind < hostile.length) {
        client.write(hostile[kind]?.[1] ?? ZERO_BYTES);
        await client.waitForEnd();
        client.close();
      } else if (kind === hostile.length) {
        // A large frame is promised, some of it comes, and the client is gone.
        client.write(Buffer.concat([Buffer.from([0x05, 0xf5, 0xe1, 0x00]), noise]));
        client.reset();
      } else {
        for (let at = 0; at < noise.length; at++) noise[at] = next(256);
        client.write(frame(noise));
        await client.waitForEnd();
        client.close();
      }
    };
    await connectionsAre(broker, 0);
    // V8 settles on the size of its heap within some thousand; a leak goes on.
    await attack(10_000);
    await connectionsAre(broker, 0);
    const before = await residentBytes(broker);
    await attack(2000);
    await connectionsAre(broker, 0);
    expect((await residentBytes(broker)) - before).toBeLessThan(24 << 20);
    await expectServed();
  });
});

describe('before authentication', () => {
  test.each([
    ['a frame above sasl.server.max.receive.size', Buffer.from([0, 8, 0, 1])],
    ['a request that needs a login', metadata(1, 'pipe')],
    ['a token before the mechanism is chosen', request({ key: 36, version: 0 }, 1)],
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n')],
  ])('%s closes the connection', async (_, bytes) => {
    const client = await aClient(saslAddress);
    client.write(bytes);
    await client.waitForEnd();
    expect(client.frames).toEqual([]);
  });

  test('ApiVersions is answered, but not for ever', async () => {
    const client = await aClient(saslAddress);
    const many = Array.from({ length: 100 }, (_, id) => request(API_VERSIONS, id));
    client.write(Buffer.concat(many));
    await client.waitForEnd();
    expect(client.frames.map(correlationIdOf)).toEqual(Array.from({ length: 16 }, (_, id) => id));
  });

  test('a mechanism that is not offered is answered and then ends the connection', async () => {
    const client = await aClient(saslAddress);
    client.write(request({ key: 17, version: 1 }, 9, (writer) => writer.writeString('GSSAPI')));
    expect(await client.waitForEnd()).toBe('closed');
    expect(client.frames.map((answer) => [correlationIdOf(answer), answer.readInt16BE(4)])).toEqual(
      [[9, 33]],
    );
  });

  test('strangers that promise large frames and stop cost little and do not stop others', async () => {
    const before = await residentBytes(broker);
    const strangers = await Promise.all(
      Array.from({ length: 400 }, () => connectWire(saslAddress)),
    );
    const start = Buffer.concat([Buffer.from([0, 8, 0, 0]), Buffer.alloc(300_000)]);
    for (const stranger of strangers) stranger.write(start);
    await waitFor('the limit', () => strangers.some(({ ending }) => ending !== undefined));
    await expectServed();
    // 64 MiB for strangers, and what the kernel and the heap take beside it.
    expect((await residentBytes(broker)) - before).toBeLessThan(128 << 20);
    for (const stranger of strangers) stranger.close();
    await connectionsAre(broker, 0);
  });
});

describe('clients in trouble', () => {
  const fill = async (client: WireClient, topic: string, count: number): Promise<void> => {
    const value = Buffer.alloc(500_000, 1);
    const before = client.frames.length;
    for (let id = 0; id < count; id++) client.write(produce(id, { topic, acks: -1, value }));
    const answers = (await client.waitForFrames(before + count, 30_000)).slice(before);
    const errors = answers.map((answer) => {
      const [found] = readProduceResponse(bodyOf(answer), PRODUCE.version).responses;
      return found?.partitionResponses[0]?.errorCode;
    });
    expect(new Set(errors)).toEqual(new Set([0]));
  };

  test('who asks for much and reads nothing costs a bounded amount and stops nobody', async () => {
    const producer = await aClient();
    await ensureTopic(producer, 'slow');
    await fill(producer, 'slow', 24);
    const before = await residentBytes(broker);
    const slow = await Promise.all(Array.from({ length: 10 }, () => aClient()));
    const ask = { topic: 'slow', fetchOffset: 0, maxWaitMs: 0, maxBytes: 50 << 20 };
    for (const client of slow) {
      client.stopReading();
      const asks = Array.from({ length: 200 }, (_, id) =>
        fetchFrom(id, { ...ask, fetchOffset: id % 24 }),
      );
      client.write(Buffer.concat(asks));
    }
    // Several times the arena: it can only pass when unread answers do not keep it.
    await fill(producer, 'slow', 100);
    await expectServed();
    expect((await residentBytes(broker)) - before).toBeLessThan(96 << 20);
    for (const client of slow) client.reset();
    producer.close();
    await connectionsAre(broker, 0);
  });

  test('who goes away without a word leaves nothing behind', async () => {
    const waiting = await metric(broker, 'waiting_requests');
    const clients = await Promise.all(
      Array.from({ length: 150 }, () => connectWire(broker.bootstrap)),
    );
    await ensureTopic(clients[0] as WireClient, 'left');
    const parked = { topic: 'left', fetchOffset: 0, maxWaitMs: 60_000, maxBytes: 1000 };
    for (const [index, client] of clients.entries()) {
      client.write(fetchFrom(1, parked));
      if (index % 3 === 1) client.write(request(API_VERSIONS, 2).subarray(0, 7));
    }
    await waitFor(
      'parked fetches',
      async () => (await metric(broker, 'waiting_requests')) >= waiting + clients.length,
    );
    for (const [index, client] of clients.entries())
      if (index % 2 === 0) client.reset();
      else client.close();
    await connectionsAre(broker, 0);
    expect(await metric(broker, 'waiting_requests')).toBeLessThanOrEqual(waiting);
  });
});

test('connection limits and the idle time are kept', async () => {
  const own = temporaryFolder('limits');
  onTestFinished(own.remove);
  const small = await startBroker({
    dir: join(own.path, 'data'),
    config: {
      listeners: 'PLAINTEXT://127.0.0.1:0',
      'max.connections': 3,
      'max.connections.per.ip': 2,
      'connections.max.idle.ms': 1000,
      'log.level': 'warn',
    },
  });
  onTestFinished(async () => {
    small.kill('SIGKILL');
    await small.exited();
  });
  const connectFrom = async (from: string): Promise<WireClient> => {
    const client = await connectWire(small.bootstrap, { from });
    onTestFinished(client.close);
    return client;
  };
  const served = async (client: WireClient): Promise<boolean> => {
    const before = client.frames.length;
    client.write(request(API_VERSIONS, 1));
    await waitFor('an answer or the end', () => client.frames.length > before || client.ending);
    return client.frames.length > before;
  };
  const busy = await connectFrom('127.0.0.1');
  const idle = await connectFrom('127.0.0.1');
  expect([await served(busy), await served(idle)]).toEqual([true, true]);
  expect(await served(await connectFrom('127.0.0.1'))).toBe(false);
  expect(await served(await connectFrom('127.0.0.2'))).toBe(true);
  expect(await served(await connectFrom('127.0.0.3'))).toBe(false);
  await waitFor('the idle connection to end', async () => {
    expect(await served(busy)).toBe(true);
    return idle.ending;
  });
  expect(await served(await connectFrom('127.0.0.1'))).toBe(true);
});

test('a broker without file descriptors goes on serving those it has, and others later', async () => {
  const own = temporaryFolder('descriptors');
  onTestFinished(own.remove);
  const args = [
    '-C',
    'source',
    'apps/broker/src/main.ts',
    '--dir',
    join(own.path, 'data'),
    '--listen',
    '127.0.0.1:0',
  ];
  const poor = startProcess({
    command: 'sh',
    args: ['-c', 'ulimit -n 140; exec "$@"', 'sh', process.execPath, ...args],
  });
  onTestFinished(async () => {
    poor.kill('SIGKILL');
    await poor.exited();
  });
  const [, address = ''] = await poor.waitForOutput(/ready: PLAINTEXT:\/\/(\S+) cluster/);
  const first = await aClient(address);
  await call(first, request(API_VERSIONS, 1));
  const many = await Promise.all(Array.from({ length: 150 }, () => connectWire(address)));
  for (let id = 2; id < 20; id++)
    expect(correlationIdOf(await call(first, request(API_VERSIONS, id)))).toBe(id);
  for (const client of many) client.close();
  await waitFor('a new connection to be served', async () => {
    const client = await aClient(address);
    client.write(request(API_VERSIONS, 1));
    await waitFor('an answer or the end', () => client.frames.length > 0 || client.ending);
    return client.frames.length > 0;
  });
  expect(poor.output()).not.toContain('Error');
});

test('at its end the broker closes every connection and leaves nothing unwritten', async () => {
  const parked = await aClient();
  await ensureTopic(parked, 'last');
  parked.write(fetchFrom(1, { topic: 'last', fetchOffset: 0, maxWaitMs: 60_000, maxBytes: 1000 }));
  const stranger = await aClient(saslAddress);
  broker.kill('SIGTERM');
  expect(await parked.waitForEnd()).toBe('closed');
  expect(await stranger.waitForEnd()).toBe('closed');
  expect((await broker.exited()).code).toBe(0);
});

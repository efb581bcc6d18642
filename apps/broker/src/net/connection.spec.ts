import { createServer, type AddressInfo } from 'node:net';
import type { Reply } from '@weirhouse/broker-core';
import { connectWire, waitFor, type WireClient } from '@weirhouse/testing-harness';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  Connection,
  PENDING_REQUESTS_MAX,
  UNSENT_BYTES_MAX,
  type ConnectionCore,
  type ConnectionServer,
} from './connection.ts';
import { ReceiveMemory } from './receive-memory.ts';

type ReplyTo = (reply: Reply | undefined) => void;

/** A core whose answers the test decides. */
class TestCore implements ConnectionCore {
  maxFrameBytes = 8 << 20;
  readonly requests: { readonly frame: Buffer; readonly reply: ReplyTo }[] = [];
  closedTimes = 0;
  onRequest: (frame: Buffer, reply: ReplyTo) => void = () => undefined;

  onFrame(frame: Buffer, reply: ReplyTo): void {
    const copy = Buffer.from(frame);
    this.requests.push({ frame: copy, reply });
    this.onRequest(copy, reply);
  }

  onClose(): void {
    this.closedTimes++;
  }
}

function framed(body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

function numbered(number: number, bytes = 4): Buffer {
  const body = Buffer.alloc(bytes, number);
  body.writeInt32BE(number);
  return body;
}

function answer(body: Buffer, rest: Omit<Reply, 'chunks'> = {}): Reply {
  const bytes = framed(body);
  return { chunks: [bytes.subarray(0, 2), bytes.subarray(2)], ...rest };
}

const numbersOf = (frames: readonly Buffer[]): number[] =>
  frames.map((frame) => frame.readInt32BE(0));

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** One connection between a bare client and a test core. */
async function aConnection(securityProtocol: 'PLAINTEXT' | 'SSL', core = new TestCore()) {
  const port: { close?: () => void; setReading?: (enabled: boolean) => void } = {};
  const closed: Connection[] = [];
  const unsent: Connection[] = [];
  const server: ConnectionServer = {
    isProducePaused: false,
    connect: (options) => {
      Object.assign(port, options.port);
      return core;
    },
  };
  let connection: Connection | undefined;
  const listening = createServer({ pauseOnConnect: true }, (socket) => {
    connection = new Connection(socket, {
      server,
      listenerName: 'L',
      securityProtocol,
      memory: new ReceiveMemory({ totalBytesMax: 256 << 20, strangersBytesMax: 64 << 20 }),
      onUnsent: (slow) => unsent.push(slow),
      onClose: (end) => closed.push(end),
    });
  });
  listening.listen(0, '127.0.0.1');
  await waitFor('the port', () => listening.listening);
  const address = `127.0.0.1:${(listening.address() as AddressInfo).port}`;
  const client: WireClient = await connectWire(address);
  const accepted = await waitFor('the connection', () => connection);
  onTestFinished(() => {
    client.close();
    accepted.close();
    listening.close();
  });
  return { core, client, port, closed, unsent, connection: accepted };
}

// TLS sockets are read by 'data' events; without TLS the same path is taken with a plain socket.
describe.each(['PLAINTEXT', 'SSL'] as const)('a connection read the way of %s', (protocol) => {
  test('any split of small and large frames arrives whole and is answered in order', async () => {
    const { core, client } = await aConnection(protocol);
    core.onRequest = (frame, reply) => reply(answer(frame));
    const sizes = [4, 5000, 70_000, 4, 1_100_000, 4, 200_000, 3_000_000, 17, 4];
    const bodies = sizes.map((bytes, number) => numbered(number, bytes));
    const stream = Buffer.concat(bodies.map((body) => framed(body)));
    let seed = 7;
    for (let at = 0; at < stream.length;) {
      seed = (seed * 48_271) % 0x7fffffff;
      const end = Math.min(stream.length, at + 1 + (seed % (seed % 7 === 0 ? 9 : 150_000)));
      client.write(stream.subarray(at, end));
      at = end;
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
    }
    const answers = await client.waitForFrames(bodies.length);
    expect(answers.map((frame, index) => frame.equals(bodies[index] as Buffer))).toEqual(
      bodies.map(() => true),
    );
  });

  test('answers leave in the order of requests, and some requests have none', async () => {
    const { core, client } = await aConnection(protocol);
    client.write(Buffer.concat(upTo(4).map((number) => framed(numbered(number)))));
    await waitFor('four requests', () => core.requests.length === 4);
    const [first, second, third, fourth] = core.requests;
    fourth?.reply(answer(numbered(3)));
    fourth?.reply(answer(numbered(88)));
    second?.reply(undefined);
    third?.reply(answer(numbered(2)));
    first?.reply(answer(numbered(0)));
    first?.reply(answer(numbered(99)));
    expect(numbersOf(await client.waitForFrames(3))).toEqual([0, 2, 3]);
  });

  test('answers that complete in one turn wait for each other, and leave even if the core closes then', async () => {
    const { core, client, connection, port } = await aConnection(protocol);
    client.write(Buffer.concat(upTo(2).map((number) => framed(numbered(number)))));
    await waitFor('two requests', () => core.requests.length === 2);
    const waiting = core.requests.map(({ frame, reply }) => {
      reply(answer(frame));
      return connection.unsentBytes;
    });
    expect(waiting).toEqual([8, 16]);
    port.close?.();
    expect(numbersOf(await client.waitForFrames(2))).toEqual([0, 1]);
  });

  test('of a client that takes no answers, little is handled until it does', async () => {
    const { core, client, connection } = await aConnection(protocol);
    const answerBytes = 64 << 10;
    core.onRequest = (frame, reply) => reply(answer(numbered(frame.readInt32BE(0), answerBytes)));
    client.stopReading();
    const count = 1000;
    client.write(Buffer.concat(upTo(count).map((number) => framed(numbered(number)))));
    await waitFor('the unsent answers', () => connection.unsentBytes > UNSENT_BYTES_MAX);
    expect(connection.unsentBytes).toBeLessThanOrEqual(UNSENT_BYTES_MAX + answerBytes + 4);
    expect(core.requests.length).toBeLessThan(count / 2);
    client.goOnReading();
    expect(numbersOf(await client.waitForFrames(count))).toEqual(upTo(count));
    expect(connection.unsentBytes).toBe(0);
  });

  test.each([
    ['answered', (number: number) => answer(numbered(number))],
    ['not answered', () => undefined],
  ])('no more than the limit is in work, and the rest follows what is %s', async (_, answerOf) => {
    const { core, client } = await aConnection(protocol);
    const count = 3 * PENDING_REQUESTS_MAX + 5;
    client.write(Buffer.concat(upTo(count).map((number) => framed(numbered(number)))));
    await waitFor('requests', () => core.requests.length > 0);
    const inWork: number[] = [];
    for (let number = 0; number < count; number++) {
      inWork.push(core.requests.length - number);
      core.requests[number]?.reply(answerOf(number));
    }
    expect(Math.max(...inWork)).toBe(PENDING_REQUESTS_MAX);
    expect(numbersOf(core.requests.map(({ frame }) => frame))).toEqual(upTo(count));
  });

  test('nothing is handed on while the core does not want it, not even what was read', async () => {
    const { core, client, port } = await aConnection(protocol);
    core.onRequest = (frame, reply) => {
      if (frame.readInt32BE(0) % 10 === 4) port.setReading?.(false);
      reply(answer(frame));
    };
    client.write(Buffer.concat(upTo(25).map((number) => framed(numbered(number)))));
    for (const handled of [5, 15]) {
      expect(await client.waitForFrames(handled)).toHaveLength(handled);
      expect(core.requests).toHaveLength(handled);
      port.setReading?.(true);
    }
    expect(numbersOf(await client.waitForFrames(25))).toEqual(upTo(25));
    port.setReading?.(false);
    port.setReading?.(true);
    client.write(framed(numbered(25)));
    expect(await client.waitForFrames(26)).toHaveLength(26);
  });

  test('the answer that ends a connection arrives although the client goes on sending', async () => {
    const { core, client, closed } = await aConnection(protocol);
    client.write(Buffer.concat([framed(numbered(0)), Buffer.from([0, 4, 0, 0])]));
    await waitFor('the request', () => core.requests.length === 1);
    core.requests[0]?.reply(answer(numbered(0), { closeAfter: true }));
    for (let piece = 0; piece < 20; piece++) client.write(Buffer.alloc(50_000, 1));
    expect(await client.waitForEnd()).toBe('closed');
    expect(numbersOf(client.frames)).toEqual([0]);
    client.socket.end();
    await waitFor('the end', () => closed.length === 1);
    expect([core.closedTimes, core.requests.length]).toEqual([1, 1]);
  });

  test('a client that does not leave after the last answer is left', async () => {
    const { core, client, closed } = await aConnection(protocol);
    core.onRequest = (frame, reply) => reply(answer(frame, { closeAfter: true }));
    client.write(framed(numbered(0)));
    await waitFor('the end', () => closed.length === 1, 5000);
    expect(core.closedTimes).toBe(1);
  });

  test('what was answered before the core closes arrives', async () => {
    const { core, client, port, closed } = await aConnection(protocol);
    core.onRequest = (frame, reply) => {
      if (frame.readInt32BE(0) === 2) port.close?.();
      reply(frame.readInt32BE(0) === 2 ? undefined : answer(frame));
    };
    client.write(Buffer.concat(upTo(5).map((number) => framed(numbered(number)))));
    await client.waitForEnd();
    expect(numbersOf(client.frames)).toEqual([0, 1]);
    await waitFor('the end', () => closed.length === 1);
    expect([core.requests.length, core.closedTimes]).toEqual([3, 1]);
  });

  test('an answer that comes when the connection is being closed is released', async () => {
    const { core, client, port, closed } = await aConnection(protocol);
    const released: number[] = [];
    core.onRequest = (frame, reply) => {
      port.close?.();
      reply(answer(frame, { onSent: () => void released.push(closed.length) }));
    };
    client.write(framed(numbered(0)));
    await client.waitForEnd();
    expect(released).toEqual([0]);
  });

  test('the last answer is sent whole although the core closes after it', async () => {
    const { core, client, port } = await aConnection(protocol);
    const bytes = 12 << 20;
    core.onRequest = (frame, reply) => {
      reply(answer(numbered(frame.readInt32BE(0), bytes), { closeAfter: true }));
      port.close?.();
    };
    client.write(framed(numbered(0)));
    expect(await client.waitForEnd()).toBe('closed');
    expect(client.frames.map(({ length }) => length)).toEqual([bytes]);
  });

  test('a frame over the limit ends the connection after the answers before it', async () => {
    const { core, client, closed } = await aConnection(protocol);
    core.maxFrameBytes = 100;
    core.onRequest = (frame, reply) => reply(answer(frame));
    client.write(Buffer.concat([framed(numbered(0)), framed(numbered(1, 101))]));
    await client.waitForEnd();
    expect(numbersOf(client.frames)).toEqual([0]);
    await waitFor('the end', () => closed.length === 1);
    expect([core.requests.length, core.closedTimes]).toEqual([1, 1]);
  });

  test('every answer is released once, sent or not', async () => {
    const { core, client, closed, connection } = await aConnection(protocol);
    const released: number[] = [];
    const reply = (number: number, bytes = 4): void =>
      core.requests[number]?.reply(
        answer(numbered(number, bytes), { onSent: () => void released.push(number) }),
      );
    client.write(Buffer.concat(upTo(6).map((number) => framed(numbered(number)))));
    await waitFor('the requests', () => core.requests.length === 6);
    reply(0);
    await waitFor('the first release', () => released.length === 1);
    client.stopReading();
    reply(1, 30 << 20);
    reply(2);
    reply(4);
    await waitFor('unsent bytes', () => connection.unsentBytes > 0);
    expect(released).toEqual([0]);
    client.reset();
    await waitFor('the end', () => closed.length === 1);
    await waitFor('what was unsent', () => released.length === 4);
    expect(released).toContain(4);
    reply(3);
    reply(5);
    expect(released.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(core.closedTimes).toBe(1);
  });

  test('stalled is who takes nothing, and the owner is told as soon as something waits', async () => {
    const { core, client, connection, unsent } = await aConnection(protocol);
    client.write(framed(numbered(0)));
    await waitFor('the request', () => core.requests.length === 1);
    expect([connection.stalledMs(performance.now()), unsent.length]).toEqual([0, 0]);
    client.stopReading();
    core.requests[0]?.reply(answer(numbered(0, 30 << 20)));
    await waitFor('a full socket', () => connection.stalledMs(performance.now()) > 200);
    expect(unsent).toContain(connection);
    client.goOnReading();
    await client.waitForFrames(1);
    expect(connection.stalledMs(performance.now())).toBe(0);
  });
});

import { ConnectionGate } from '@weirhouse/broker-core';
import { connectWire, waitFor, type WireClient } from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import type { ConnectionCore, ConnectionServer } from './connection.ts';
import { Listener, type ListenerOptions } from './listener.ts';
import { ReceiveMemory } from './receive-memory.ts';

const FRAME = Buffer.from([0, 0, 0, 2, 7, 7]);

/** Answers every frame with itself, or with `answerBytes` bytes. */
class EchoServer implements ConnectionServer {
  isPaused = false;
  /** How often it was asked whether producers wait: once in each sweep for slow clients. */
  sweeps = 0;
  answerBytes = 2;
  addresses: string[] = [];

  get isProducePaused(): boolean {
    this.sweeps++;
    return this.isPaused;
  }

  connect({ remoteAddress }: { readonly remoteAddress: string }): ConnectionCore {
    this.addresses.push(remoteAddress);
    return {
      maxFrameBytes: 1000,
      onClose: () => undefined,
      onFrame: (_frame, reply) => {
        const chunk = Buffer.alloc(4 + this.answerBytes);
        chunk.writeInt32BE(this.answerBytes);
        reply({ chunks: [chunk] });
      },
    };
  }
}

interface Limits {
  readonly open?: number;
  readonly perAddress?: number;
  readonly addressPerSecond?: number;
}

/** The gate of a broker with these limits and no others. Its time stands still, so that rates only rise. */
function aGate({ addressPerSecond, open = 100, perAddress = 100 }: Limits = {}): ConnectionGate {
  return new ConnectionGate({
    clock: { wallMs: () => 0, monotonicMs: () => 0 },
    limitsOf: () => ({
      windows: { count: 2, windowMs: 1000 },
      open,
      openOfListener: Infinity,
      openOf: () => perAddress,
      rate: Infinity,
      rateOfListener: Infinity,
      rateOf: (sharers) =>
        addressPerSecond === undefined ? undefined : { limit: addressPerSecond, sharers },
    }),
  });
}

function total(counts: ReadonlyMap<string, number>): number {
  return Array.from(counts.values()).reduce((sum, count) => sum + count, 0);
}

async function aListener(options: Partial<ListenerOptions> = {}) {
  const server = new EchoServer();
  const listener = new Listener({
    address: { name: 'PLAINTEXT', protocol: 'PLAINTEXT', host: '127.0.0.1', port: 0 },
    gate: aGate(),
    memory: new ReceiveMemory({ totalBytesMax: 64 << 20, strangersBytesMax: 8 << 20 }),
    unsentBytesMax: 256 << 20,
    ...options,
  });
  const address = `127.0.0.1:${await listener.open()}`;
  const clients: WireClient[] = [];
  onTestFinished(() => {
    listener.close();
    for (const client of clients) client.close();
  });
  const connect = async (from?: string): Promise<WireClient> => {
    const client = await connectWire(address, from === undefined ? {} : { from });
    clients.push(client);
    return client;
  };
  const served = async (client: WireClient): Promise<boolean> => {
    const before = client.frames.length;
    client.write(FRAME);
    return waitFor('an answer or the end', () => {
      if (client.frames.length > before) return 'served';
      return client.ending;
    }).then((outcome) => outcome === 'served');
  };
  return { listener, server, connect, served };
}

test('connections beyond the limit are closed and counted, and room is used again', async () => {
  const { listener, server, connect, served } = await aListener({ gate: aGate({ open: 2 }) });
  listener.serve(server);
  const [first, second, third] = [await connect(), await connect(), await connect()];
  expect([await served(first), await served(second), await served(third)]).toEqual([
    true,
    true,
    false,
  ]);
  expect([listener.connections, total(listener.refused)]).toEqual([2, 1]);
  first.reset();
  await waitFor('room', () => listener.connections === 1);
  expect(await served(await connect())).toBe(true);
  expect(listener.refused).toEqual(new Map([['broker-limit', 1]]));
});

test('each address has its own limit', async () => {
  const { listener, server, connect, served } = await aListener({ gate: aGate({ perAddress: 1 }) });
  listener.serve(server);
  expect(await served(await connect('127.0.0.2'))).toBe(true);
  const refused = await connect('127.0.0.2');
  expect([await served(refused), await served(await connect('127.0.0.3'))]).toEqual([false, true]);
  expect([listener.connections, total(listener.refused)]).toEqual([2, 1]);
  expect(server.addresses).toEqual(['127.0.0.2', '127.0.0.3']);
});

test('an address that connects too often is closed late, and others are served', async () => {
  const { listener, server, connect, served } = await aListener({
    gate: aGate({ addressPerSecond: 2 }),
  });
  listener.serve(server);
  expect(await served(await connect('127.0.0.2'))).toBe(true);
  expect(await served(await connect('127.0.0.2'))).toBe(true);
  const third = await connect('127.0.0.2');
  expect(await served(await connect('127.0.0.3'))).toBe(true);
  expect(listener.refused).toEqual(new Map([['address-rate', 1]]));
  expect(await third.waitForEnd()).toBeDefined();
  expect([third.frames.length, listener.connections]).toEqual([0, 3]);
});

test('clients that come before the broker serves wait, within the same limits', async () => {
  const { listener, server, connect, served } = await aListener({ gate: aGate({ open: 1 }) });
  const early = await connect();
  early.write(FRAME);
  const tooMany = await connect();
  expect(await tooMany.waitForEnd()).toBeDefined();
  expect([listener.connections, early.frames.length]).toEqual([1, 0]);
  listener.serve(server);
  await early.waitForFrames(1);
  expect(await served(early)).toBe(true);
});

test('a client that takes nothing is closed only when others wait for the memory', async () => {
  const { listener, server, connect, served } = await aListener({ sweepMs: 200 });
  listener.serve(server);
  const [stuck, other] = [await connect(), await connect()];
  expect([await served(stuck), await served(other), server.sweeps]).toEqual([true, true, 0]);
  server.answerBytes = 30 << 20;
  stuck.stopReading();
  stuck.write(FRAME);
  await waitFor('the request', () => stuck.socket.bytesWritten === 2 * FRAME.length);
  await waitFor('some sweeps', () => server.sweeps > 5);
  server.answerBytes = 2;
  expect([await served(other), listener.connections, listener.stalled]).toEqual([true, 2, 0]);
  server.isPaused = true;
  await waitFor('the stalled connection to be closed', () => listener.stalled === 1);
  await waitFor('the count', () => listener.connections === 1);
  expect(await served(other)).toBe(true);
});

test('after the last accept nobody is let in, and who was not served yet is closed', async () => {
  const { listener, server, connect, served } = await aListener();
  const early = await connect();
  await waitFor('the early client', () => listener.connections === 1);
  listener.stopAccepting();
  expect(await early.waitForEnd()).toBeDefined();
  await waitFor('the count', () => listener.connections === 0);
  listener.serve(server);
  expect(await served(await connect())).toBe(false);
});

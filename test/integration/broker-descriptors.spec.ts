import { join } from 'node:path';
import { readProduceResponse } from '@weirhouse/kafka-protocol/messages/produce-response';
import {
  connectWire,
  startProcess,
  temporaryFolder,
  waitFor,
  type WireClient,
} from '@weirhouse/testing-harness';
import { expect, onTestFinished, test } from 'vitest';
import { bodyOf, call, ensureTopic, PRODUCE, produce } from './wire-requests.ts';

/** Files and sockets that the broker may have; it keeps 50 for segments and 76 for itself and late refusals. */
const LIMIT = 200;

async function produceTo(client: WireClient, topic: string): Promise<number | undefined> {
  const answer = await call(client, produce(1, { topic, acks: -1, value: Buffer.from(topic) }));
  const [found] = readProduceResponse(bodyOf(answer), PRODUCE.version).responses;
  return found?.partitionResponses[0]?.errorCode;
}

test('more clients than files may be open: they are refused, records are taken, and it passes', async () => {
  const folder = temporaryFolder('descriptors');
  onTestFinished(folder.remove);
  const main = [process.execPath, '-C', 'source', 'apps/broker/src/main.ts'];
  const flags = ['--dir', join(folder.path, 'data'), '--listen', '127.0.0.1:0'];
  const broker = startProcess({
    command: '/bin/sh',
    args: ['-c', `ulimit -n ${LIMIT} && exec "$0" "$@"`, ...main, ...flags],
  });
  onTestFinished(() => broker.kill('SIGKILL'));
  const [, address = '', adminUrl] = await broker.waitForOutput(
    /ready: PLAINTEXT:\/\/(\S+) .* admin (http:\S+)/,
  );
  const client = await connectWire(address);
  onTestFinished(client.close);
  const crowd: WireClient[] = [];
  for (let count = 0; count < 2 * LIMIT; count++) crowd.push(await connectWire(address));
  const open = (): number => crowd.filter(({ ending }) => ending === undefined).length;
  await waitFor('the refusals', () => open() < LIMIT / 2);
  expect(open()).toBeGreaterThan(10);

  for (let index = 0; index < 70; index++) {
    await ensureTopic(client, `topic-${index}`);
    expect(await produceTo(client, `topic-${index}`)).toBe(0);
  }
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/connections_refused\{reason="process-limit"\} [1-9]/);

  for (const each of crowd) each.close();
  const newcomer = await waitFor('a place', async () => {
    const another = await connectWire(address);
    const isIn = await produceTo(another, 'topic-1').catch(() => undefined);
    return isIn === 0 ? another : undefined;
  });
  newcomer.close();
  broker.kill('SIGTERM');
  expect((await broker.exited()).code).toBe(0);
});

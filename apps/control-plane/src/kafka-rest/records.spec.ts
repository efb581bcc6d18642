import http from 'node:http';
import { once } from 'node:events';
import { Kafka, logLevel, type KafkaMessage } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STREAMS_PER_CALLER_MAX } from './record-streams.ts';
import { basic } from '../testing/test-app.ts';
import { KAFKA_SETUP_MAX_MS, startKafkaRest, type KafkaRest } from '../testing/kafka-rest.ts';

const STREAMED = 10_000;
const UNREAD = 120_000;
/** How long bodies that are no streams may take here. */
const BODY_MAX_MS = 300;
const WAIT = { timeout: 30_000, interval: 20 };

let rest: KafkaRest;
let port: number;

beforeAll(async () => {
  rest = await startKafkaRest({}, { bodyMaxMs: BODY_MAX_MS });
  await rest.app.listen(0, '127.0.0.1');
  ({ port } = rest.app.getHttpServer().address() as { readonly port: number });
  for (const topic_name of ['orders', 'streamed', 'slow', 'unread', 'ended'])
    await call('POST', '/topics', { topic_name, partitions_count: 3 });
  const configs = [{ name: 'max.message.bytes', value: '500' }];
  await call('POST', '/topics', { topic_name: 'small', partitions_count: 1, configs });
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

function produce(body: unknown, topic = 'orders') {
  return call('POST', `/topics/${topic}/records`, body);
}

/** Opens a streamed request on a connection of its own. */
function stream(topic: string, key = rest.owner): http.ClientRequest {
  return http.request({
    port,
    host: '127.0.0.1',
    method: 'POST',
    path: `/kafka/v3/clusters/${rest.clusterId}/topics/${topic}/records`,
    headers: {
      authorization: basic(key.id, key.secret),
      'content-type': 'application/json',
      'transfer-encoding': 'chunked',
    },
  });
}

interface Result {
  readonly error_code: number;
  readonly partition_id: number;
  readonly offset: number;
}

function resultsIn(text: string): Result[] {
  return text
    .split('\r\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Result);
}

async function consume(topic: string, count: number): Promise<readonly KafkaMessage[]> {
  const kafka = new Kafka({
    brokers: [rest.broker.bootstrap],
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: 'scram-sha-512', ...rest.superUser },
  });
  const consumer = kafka.consumer({ groupId: `reader-of-${topic}` });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  const messages: KafkaMessage[] = [];
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (messages.push(message) === count) resolve();
      },
    });
  });
  await consumer.disconnect();
  return messages;
}

describe('a record', () => {
  it('is written as it is given, in each of the types', async () => {
    const written = await produce({
      partition_id: 1,
      headers: [{ name: 'h', value: Buffer.from('v').toString('base64') }, { name: 'none' }],
      key: { type: 'BINARY', data: Buffer.from([0, 255]).toString('base64') },
      value: { type: 'JSON', data: { a: [1, null] } },
      timestamp: '2026-01-02T03:04:05.678Z',
    });
    expect([written.status, written.body]).toEqual([
      200,
      {
        error_code: 200,
        cluster_id: rest.clusterId,
        topic_name: 'orders',
        partition_id: 1,
        offset: 0,
        timestamp: '2026-01-02T03:04:05.678Z',
        key: { type: 'BINARY', size: 2 },
        value: { type: 'JSON', size: 14 },
      },
    ]);
    expect((await produce({ value: { type: 'STRING', data: 'ä' } })).body).toMatchObject({
      error_code: 200,
      value: { type: 'STRING', size: 2 },
    });
    const messages = await consume('orders', 2);
    const first = messages.find(({ key }) => key !== null);
    expect(first?.key).toEqual(Buffer.from([0, 255]));
    expect(String(first?.value)).toBe('{"a":[1,null]}');
    expect(String(first?.headers?.['h'])).toBe('v');
    expect(first?.timestamp).toBe(String(Date.parse('2026-01-02T03:04:05.678Z')));
    expect(messages.map(({ value }) => String(value))).toContain('ä');
  }, 60_000);

  it('with a key goes where other clients would put it', async () => {
    const key = { type: 'STRING', data: 'customer-7' };
    const [one, two] = [await produce({ key }), await produce({ key })];
    expect((one.body as Result).partition_id).toBe((two.body as Result).partition_id);
  });

  it.each([
    ['a partition that does not exist', { partition_id: 9 }, 404, 40403],
    ['base64 that is none', { value: { type: 'BINARY', data: 'ä' } }, 422, 42206],
    ['text that is none', { value: { type: 'STRING', data: 1 } }, 422, 42206],
    ['a type by schema', { value: { type: 'AVRO', data: 'x' } }, 422, 42206],
    ['a schema', { value: { type: 'JSON', schema_id: 1, data: 1 } }, 422, 42206],
    ['a time that is none', { timestamp: 'yesterday' }, 422, 42206],
    ['no object', [1], 400, 40002],
  ])('is refused with %s', async (_, body, status, error_code) => {
    const refused = await produce(body);
    expect([refused.status, refused.body]).toMatchObject([status, { error_code }]);
  });

  it('is refused without a right to write, on an unknown topic and as another type', async () => {
    const value = { type: 'STRING', data: 'x' };
    const nobody = await rest.newKey();
    await rest.allow(nobody.principal, { resourceName: 'orders', operation: 'read' });
    const denied = await rest.call(nobody, 'POST', '/topics/orders/records', { value });
    expect([denied.status, denied.body]).toMatchObject([403, { error_code: 40301 }]);
    const unknown = await produce({ value }, 'none');
    expect([unknown.status, unknown.body]).toMatchObject([404, { error_code: 40403 }]);
    const large = await produce({ value: { type: 'STRING', data: 'x'.repeat(600) } }, 'small');
    expect([large.status, large.body]).toMatchObject([400, { error_code: 40002 }]);
  });
});

describe('records in a stream', () => {
  it('are answered one by one, in order, over one connection', async () => {
    const request = stream('streamed');
    for (let at = 0; at < STREAMED; at += 1) {
      const value = { type: 'STRING', data: `value-${at}` };
      request.write(JSON.stringify({ partition_id: at % 3, value }));
    }
    request.end();
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    expect(response.statusCode).toBe(200);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    const results = resultsIn(text);
    expect(results).toHaveLength(STREAMED);
    for (const [at, result] of results.entries())
      expect(result).toMatchObject({
        error_code: 200,
        partition_id: at % 3,
        offset: Math.floor(at / 3),
      });
    expect(await consume('streamed', STREAMED)).toHaveLength(STREAMED);
  }, 120_000);

  it('are acknowledged while the request is still open', async () => {
    const request = stream('slow');
    const record = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    request.write(record);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const end = once(response, 'end');
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(resultsIn(String(first))).toMatchObject([{ error_code: 200 }]);
    request.end(record);
    const [second] = (await once(response, 'data')) as [Buffer];
    expect(resultsIn(String(second))).toMatchObject([{ error_code: 200 }]);
    await end;
  });

  it('fail one by one, and the others are written', async () => {
    const request = stream('small');
    const good = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    const large = JSON.stringify({ value: { type: 'STRING', data: 'x'.repeat(600) } });
    request.end(`${good}${large}{"value":{"type":"NONE"}}${good} oops`);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(resultsIn(text).map(({ error_code }) => error_code)).toEqual([
      200, 40002, 42206, 200, 40002,
    ]);
  });

  it('are not read on while nobody takes the answers', async () => {
    const request = stream('unread');
    const record = JSON.stringify({ partition_id: 0, value: { type: 'STRING', data: 'x' } });
    request.write(record);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    // Their answers are more than the buffers between here and there can hold.
    for (let sent = 0; sent < UNREAD; sent += 1_000) request.write(record.repeat(1_000));
    request.end();
    let last = -1;
    const isStill = async (): Promise<boolean> => {
      const query = { topic: 'unread', partition: 0, at: 'latest' } as const;
      const [end] = await rest.admin.listOffsets([query]);
      const before = last;
      last = end?.offset ?? -1;
      return last > 1 && last === before;
    };
    await expect.poll(isStill, { timeout: 60_000, interval: 1_000 }).toBe(true);
    expect(last).toBeLessThan(UNREAD);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(resultsIn(text).filter(({ error_code }) => error_code === 200)).toHaveLength(UNREAD + 1);
  }, 120_000);

  it('may take longer than other bodies, which are ended', async () => {
    const request = stream('slow');
    const record = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    request.write(record);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const headers = { 'content-type': 'application/json', 'content-length': '10' };
    const path = '/org/v2/environments';
    const slow = http.request({ port, host: '127.0.0.1', method: 'POST', path, headers });
    slow.write('{');
    const [timedOut] = (await once(slow, 'response')) as [http.IncomingMessage];
    expect(timedOut.statusCode).toBe(408);
    expect(timedOut.headers['content-type']).toBe('application/json');
    request.end(record);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(resultsIn(text).map(({ error_code }) => error_code)).toEqual([200, 200]);
  });

  it('end with their sender, and what was sent whole is written', async () => {
    const request = stream('ended');
    request.on('error', () => undefined);
    request.write(JSON.stringify({ partition_id: 0, value: { type: 'STRING', data: 'x' } }));
    await once(request, 'response');
    expect(await openStreams()).toBe(1);
    request.write('{"partition_id":0,"val');
    request.destroy();
    await expect.poll(openStreams, WAIT).toBe(0);
    const [end] = await rest.admin.listOffsets([{ topic: 'ended', partition: 0, at: 'latest' }]);
    expect(end?.offset).toBe(1);
    expect((await produce({ value: { type: 'STRING', data: 'x' } })).status).toBe(200);
  });

  it('are so many of one caller at most, and others still get in', async () => {
    const key = await rest.newKey();
    await rest.allow(key.principal, { resourceType: 'topic' });
    const record = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    const open = async () => {
      const request = stream('slow', key);
      request.write(record);
      const [response] = (await once(request, 'response')) as [http.IncomingMessage];
      return { request, response };
    };
    const all = await Promise.all(Array.from({ length: STREAMS_PER_CALLER_MAX }, open));
    expect(all.map(({ response }) => response.statusCode)).not.toContain(429);
    const tooMany = await rest.call(key, 'POST', '/topics/slow/records', {});
    expect([tooMany.status, tooMany.body]).toMatchObject([429, { error_code: 42901 }]);
    expect(tooMany.headers['retry-after']).toBe('1');
    expect((await produce({ value: { type: 'STRING', data: 'x' } })).status).toBe(200);
    for (const { request, response } of all) {
      response.resume();
      request.end();
    }
    await expect.poll(openStreams, WAIT).toBe(0);
    expect((await rest.call(key, 'POST', '/topics/slow/records', {})).status).toBe(200);
  });

  it('go on when quotas let them, and single records are told when to come again', async () => {
    const key = await rest.newKey();
    await rest.allow(key.principal, { resourceType: 'topic' });
    const user = key.principal.slice('User:'.length);
    await rest.admin.alterUserQuotas([{ user, limits: { producer_byte_rate: 20_000 } }]);
    // Of 20,000 bytes a second ten seconds' worth is free at first; this is some three seconds more.
    const large = JSON.stringify({ value: { type: 'STRING', data: 'x'.repeat(260_000) } });
    const small = { value: { type: 'STRING', data: 'x' } };
    const request = stream('slow', key);
    request.write(large);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const startMs = performance.now();
    request.end(JSON.stringify(small));
    const refused = await rest.call(key, 'POST', '/topics/slow/records', small);
    expect([refused.status, refused.body]).toMatchObject([429, { error_code: 42901 }]);
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0);
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(resultsIn(text).map(({ error_code }) => error_code)).toEqual([200, 200]);
    expect(performance.now() - startMs).toBeGreaterThan(2_000);
    const again = async () => (await rest.call(key, 'POST', '/topics/slow/records', small)).status;
    await expect.poll(again, { timeout: 30_000, interval: 500 }).toBe(200);
  });

  it('end when their credential does, and say so', async () => {
    const key = await rest.newKey();
    await rest.allow(key.principal, { resourceType: 'topic' });
    const record = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    const request = stream('slow', key);
    request.on('error', () => undefined);
    request.write(record);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    let text = '';
    response.on('data', (chunk: Buffer) => {
      text += String(chunk);
      // One record after the other, as fast as they are answered.
      if (!text.includes('40101')) request.write(record);
    });
    const gone = await rest.tenant.call('DELETE', `/iam/v2/api-keys/${key.id}`);
    expect(gone.status).toBe(204);
    await once(response, 'end');
    expect(resultsIn(text).at(-1)).toMatchObject({ error_code: 40101 });
    await expect.poll(openStreams, WAIT).toBe(0);
  });

  it('are answered to their end when the process is to stop', async () => {
    const request = stream('slow');
    request.on('error', () => undefined);
    const record = JSON.stringify({ value: { type: 'STRING', data: 'x' } });
    request.write(record);
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const closing = rest.app.close();
    let text = '';
    for await (const chunk of response) text += String(chunk);
    expect(resultsIn(text)).toMatchObject([{ error_code: 200 }]);
    await closing;
  });
});

async function openStreams(): Promise<number> {
  const { body } = await rest.app.inject({ url: '/metrics' });
  const line = /^weirhouse_control_plane_record_streams (\d+)$/mu.exec(body);
  return Number(line?.[1] ?? -1);
}

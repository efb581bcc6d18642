import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { errors, exportJWK, generateKeyPair, type JWK } from 'jose';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { Jwks, KeysUnavailable, type JwksOptions } from './jwks.ts';

const keys: JWK[] = [];
beforeAll(async () => {
  for (const kid of ['one', 'two']) {
    const { publicKey } = await generateKeyPair('ES256');
    keys.push({ ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' });
  }
});

/** A provider whose answers and time the test decides. */
function arrange(options: Partial<JwksOptions> = {}) {
  const provider = { keys: keys.slice(0, 1), isDown: false, loads: 0, nowMs: 0 };
  const results: boolean[] = [];
  const jwks = new Jwks({
    url: new URL('https://provider.test/keys'),
    refreshMs: 3_600_000,
    retryBackoffMs: 100,
    retryBackoffMsMax: 1_000,
    onLoad: (error) => results.push(error === undefined),
    now: () => provider.nowMs,
    load: () => {
      provider.loads++;
      if (provider.isDown) return Promise.reject(new Error('down'));
      return Promise.resolve(JSON.stringify({ keys: provider.keys }));
    },
    ...options,
  });
  const find = async (kid: string): Promise<unknown> =>
    jwks.find({ alg: 'ES256', kid }, { payload: '', signature: '' });
  return { provider, find, results };
}

describe('the keys of an identity provider', () => {
  test('are loaded once for all who ask at the same time, and kept', async () => {
    const { find, provider } = arrange();
    await Promise.all([find('one'), find('one'), find('one')]);
    provider.nowMs = 3_599_999;
    await find('one');
    expect(provider.loads).toBe(1);
  });

  test('are renewed in the background, and kept when the provider is down', async () => {
    const { find, provider, results } = arrange();
    await find('one');
    provider.nowMs = 3_600_000;
    provider.isDown = true;
    await find('one');
    await find('one');
    expect([provider.loads, results]).toEqual([2, [true, false]]);
    provider.nowMs += 100;
    await find('one');
    expect(provider.loads).toBe(3);
  });

  test('are looked for again when a token names an unknown one, but seldom', async () => {
    const { find, provider } = arrange();
    await find('one');
    provider.keys = keys.slice();
    provider.nowMs = 1;
    await find('two');
    expect(provider.loads).toBe(2);
    for (const kid of ['three', 'four', 'five'])
      await expect(find(kid)).rejects.toThrow(errors.JWKSNoMatchingKey);
    expect(provider.loads).toBe(2);
    provider.nowMs = 30_001;
    await expect(find('three')).rejects.toThrow(errors.JWKSNoMatchingKey);
    expect(provider.loads).toBe(3);
  });

  test('are unavailable before the first load; failures are repeated ever more slowly', async () => {
    const { find, provider } = arrange();
    provider.isDown = true;
    const loadsAt = async (nowMs: number): Promise<number> => {
      provider.nowMs = nowMs;
      await expect(find('one')).rejects.toThrow(KeysUnavailable);
      return provider.loads;
    };
    const seen = [];
    for (const nowMs of [0, 99, 100, 299, 300, 699, 700, 1_500, 2_500])
      seen.push(await loadsAt(nowMs));
    expect(seen).toEqual([1, 1, 2, 2, 3, 3, 4, 5, 6]);
    provider.isDown = false;
    provider.nowMs = 10_000;
    await find('one');
  });

  test.each(['', 'null', '[]', '{"keys":1}', '<html>'])('are none in %j', async (text) => {
    const { find, results } = arrange({ load: () => Promise.resolve(text) });
    await expect(find('one')).rejects.toThrow(KeysUnavailable);
    expect(results).toEqual([false]);
  });

  test.each([
    ['with a redirect', (path: string) => (path === '/keys' ? 302 : 200), 'x'],
    ['with an error', () => 500, 'x'],
    ['with too much', () => 200, `{"keys":[],"more":"${'x'.repeat(600_000)}"}`],
  ])('are none when the provider answers %s', async (_, status, body) => {
    const server: Server = createServer((request, response) => {
      response.writeHead(status(request.url ?? ''), { location: '/elsewhere' }).end(body);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const results: boolean[] = [];
    const jwks = new Jwks({
      url: new URL(`http://127.0.0.1:${port}/keys`),
      refreshMs: 1_000,
      retryBackoffMs: 1,
      retryBackoffMsMax: 1,
      onLoad: (error) => results.push(error === undefined),
    });
    const lookUp = async (): Promise<unknown> =>
      jwks.find({ alg: 'ES256' }, { payload: '', signature: '' });
    await expect(lookUp()).rejects.toThrow(KeysUnavailable);
    expect(results).toEqual([false]);
  });

  test('may stand in the setting itself', async () => {
    const text = Buffer.from(JSON.stringify({ keys })).toString('base64');
    const { results } = arrange();
    const jwks = new Jwks({
      url: new URL(`data:application/json;base64,${text}`),
      refreshMs: 1_000,
      retryBackoffMs: 1,
      retryBackoffMsMax: 1,
      onLoad: (error) => results.push(error === undefined),
    });
    await jwks.find({ alg: 'ES256', kid: 'two' }, { payload: '', signature: '' });
    expect(results).toEqual([true]);
  });
});

import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';

import { apiCalls } from '../testing/api-calls.ts';
import { FakeVerifier, oauthMessage } from '../testing/fake-verifier.ts';
import { fetchRequest } from '../testing/requests.ts';
import type { TestClient } from '../testing/test-client.ts';
import { SASL_LISTENER, TestTube } from '../testing/test-tube.ts';
import { SILENT_PROBE } from '../ports.ts';

const LIMIT_MS = 10_000;
const LONG = 'agent.3600000';

function arrange(settings: Readonly<Record<string, string>> = {}) {
  const verifier = new FakeVerifier();
  let expired = 0;
  const tube = new TestTube({
    tokenVerifier: verifier,
    settings: {
      'sasl.enabled.mechanisms': 'OAUTHBEARER,PLAIN',
      'connections.max.reauth.ms': String(LIMIT_MS),
      ...settings,
    },
    probe: { ...SILENT_PROBE, onSessionExpired: () => expired++ },
  });
  verifier.clock = tube.time;
  return { tube, verifier, client: tube.connect(SASL_LISTENER), expiredCount: () => expired };
}

/** Authenticates, the first time or again; gives the answer to the token. */
function login(client: TestClient, token = LONG, mechanism = 'OAUTHBEARER') {
  const handshake = client.call(apiCalls.saslHandshake, 1, { mechanism });
  expect(handshake.errorCode).toBe(0);
  return client.send(apiCalls.saslAuthenticate, 2, { authBytes: oauthMessage({ token }) });
}

function isServed(client: TestClient): boolean {
  return client.send(apiCalls.metadata, 5, { topics: null }).frame !== undefined;
}

describe('re-authentication', () => {
  it.each([
    ['the limit of the listener', LONG, LIMIT_MS],
    ['the end of the token when that is first', 'agent.4000', 4_000],
  ])('tells a lifetime up to %s', (_, token, lifetimeMs) => {
    const { client } = arrange();
    expect(login(client, token).response().sessionLifetimeMs).toBe(lifetimeMs);
  });

  it('goes on with the connection for another lifetime', () => {
    const { client, tube } = arrange();
    login(client);
    for (let round = 0; round < 5; round++) {
      tube.advance(LIMIT_MS - 1);
      expect(isServed(client)).toBe(true);
      expect(login(client).response()).toMatchObject({ errorCode: 0, sessionLifetimeMs: LIMIT_MS });
    }
    tube.advance(60_000);
    expect(client.isClosed).toBe(false);
  });

  it('may come even after the end, as long as nothing else came', () => {
    const { client, tube } = arrange();
    login(client);
    tube.advance(LIMIT_MS + 5_000);
    expect(login(client).response().errorCode).toBe(0);
    expect(isServed(client)).toBe(true);
  });

  it('closes with the first request after the end, and counts it', () => {
    const { client, expiredCount, tube } = arrange();
    login(client);
    tube.advance(LIMIT_MS);
    expect([client.isClosed, expiredCount()]).toEqual([false, 0]);
    expect([isServed(client), client.isClosed, expiredCount()]).toEqual([false, true, 1]);
  });

  it('answers what was in work when the session ended', () => {
    const { client, tube } = arrange();
    tube.createTopic('t');
    login(client);
    tube.advance(LIMIT_MS - 100);
    const waiting = { maxWaitMs: 500, minBytes: 1 };
    const fetch = client.send(apiCalls.fetch, 11, fetchRequest('t', waiting));
    tube.advance(499);
    expect(fetch.isAnswered).toBe(false);
    tube.advance(1);
    expect([fetch.frame === undefined, client.isClosed]).toEqual([false, false]);
  });

  it('refuses another principal', () => {
    const { client, tube } = arrange();
    login(client);
    tube.advance(5_000);
    const again = login(client, 'other.60000');
    tube.advance(100);
    expect(again.response()).toMatchObject({
      errorCode: KafkaError.SASL_AUTHENTICATION_FAILED,
      errorMessage: expect.stringContaining('Cannot change principals') as string,
    });
    expect(client.isClosed).toBe(true);
  });

  it('refuses another mechanism', () => {
    const { client, tube } = arrange();
    login(client);
    tube.advance(5_000);
    const again = login(client, LONG, 'PLAIN');
    tube.advance(100);
    expect(again.response()).toMatchObject({
      errorCode: KafkaError.SASL_AUTHENTICATION_FAILED,
      errorMessage: expect.stringMatching(/'PLAIN'.*'OAUTHBEARER'/) as string,
    });
  });

  it('closes when the credential is not good any more', () => {
    const { client, tube, verifier } = arrange();
    login(client);
    tube.advance(5_000);
    verifier.isDown = true;
    expect(login(client).response().authBytes.toString()).toContain('invalid_token');
    const end = client.send(apiCalls.saslAuthenticate, 2, { authBytes: Buffer.from([1]) });
    tube.advance(100);
    expect([end.response().errorCode, client.isClosed]).toEqual([58, true]);
  });

  it('takes other requests no more until it is complete', () => {
    const { client, tube } = arrange();
    login(client);
    tube.advance(5_000);
    client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    expect([isServed(client), client.isClosed]).toEqual([false, true]);
  });

  it('has as little time as the first login', () => {
    const { client, tube } = arrange();
    login(client);
    tube.advance(5_000);
    client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    tube.advance(29_000);
    expect(client.isClosed).toBe(false);
    tube.advance(1_000);
    expect(client.isClosed).toBe(true);
  });

  it('comes at most once a second', () => {
    const { client, tube } = arrange();
    login(client);
    expect(login(client).response().errorCode).toBe(0);
    const early = client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    expect(early.errorCode).toBe(KafkaError.ILLEGAL_SASL_STATE);
    tube.advance(1_000);
    expect(login(client).response().errorCode).toBe(0);
  });

  it('has a limit of its own on each listener and mechanism', () => {
    const own = arrange({
      'listener.name.sasl.connections.max.reauth.ms': '7000',
      'listener.name.sasl.oauthbearer.connections.max.reauth.ms': '3000',
      'listener.name.other.connections.max.reauth.ms': '1000',
    });
    expect(login(own.client).response().sessionLifetimeMs).toBe(3_000);
    const wide = arrange({ 'listener.name.sasl.connections.max.reauth.ms': '7000' });
    expect(login(wide.client).response().sessionLifetimeMs).toBe(7_000);
  });
});

import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { KafkaError } from '@weirhouse/kafka-protocol';

import type { AuthenticationResult } from './sasl-session.ts';
import { apiCalls } from '../testing/api-calls.ts';
import { FakeVerifier, oauthMessage } from '../testing/fake-verifier.ts';
import { SASL_LISTENER, TestTube } from '../testing/test-tube.ts';
import { SILENT_PROBE } from '../ports.ts';
import { parseOauthBearerMessage } from './oauthbearer-message.ts';

const END = Buffer.from([1]);

function arrange() {
  const verifier = new FakeVerifier();
  const results: [string, AuthenticationResult][] = [];
  const tube = new TestTube({
    tokenVerifier: verifier,
    settings: { 'sasl.enabled.mechanisms': 'OAUTHBEARER' },
    probe: { ...SILENT_PROBE, onAuthentication: (...result) => results.push(result) },
  });
  verifier.clock = tube.time;
  const client = tube.connect(SASL_LISTENER);
  const handshake = client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
  expect(handshake.errorCode).toBe(0);
  const send = (authBytes: Buffer) => client.send(apiCalls.saslAuthenticate, 2, { authBytes });
  return { tube, client, results, verifier, send };
}

describe('OAUTHBEARER', () => {
  it('lets in by a verified token and tells how long it lasts', () => {
    const { client, results, send, tube } = arrange();
    const answer = send(oauthMessage({ token: 'agent.60000' })).response();
    expect(answer).toMatchObject({ errorCode: 0, sessionLifetimeMs: 60_000 });
    expect(answer.authBytes).toHaveLength(0);
    expect(results).toEqual([['OAUTHBEARER', 'ok']]);
    tube.advance(59_999);
    expect(client.call(apiCalls.metadata, 5, { topics: null }).brokers).toHaveLength(1);
    tube.advance(1);
    const late = client.send(apiCalls.metadata, 5, { topics: null });
    expect([late.frame, client.isClosed]).toEqual([undefined, true]);
  });

  it('challenges a refused token, waits for the byte 1, then fails late with the challenge', () => {
    const { client, results, send, tube } = arrange();
    const challenge = send(oauthMessage({ token: 'wrong' })).response();
    expect([challenge.errorCode, challenge.authBytes.toString()]).toEqual([
      0,
      '{"status":"invalid_token"}',
    ]);
    const last = send(END);
    expect(last.isAnswered).toBe(false);
    tube.advance(100);
    expect(last.response()).toMatchObject({
      errorCode: KafkaError.SASL_AUTHENTICATION_FAILED,
      errorMessage: '{"status":"invalid_token"}',
    });
    expect(client.isClosed).toBe(true);
    expect(results).toEqual([['OAUTHBEARER', 'token']]);
  });

  it('waits for a verifier that takes its time, and no longer than a client may', () => {
    const { client, send, tube, verifier } = arrange();
    verifier.isSlow = true;
    const login = send(oauthMessage({ token: 'agent.60000' }));
    const next = client.send(apiCalls.metadata, 5, { topics: null });
    expect([login.isAnswered, next.isAnswered]).toEqual([false, false]);
    verifier.finish();
    expect(login.response().errorCode).toBe(0);
    expect(next.response().brokers).toHaveLength(1);
    const other = tube.connect(SASL_LISTENER);
    other.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    const authBytes = oauthMessage({ token: 'agent.60000' });
    other.send(apiCalls.saslAuthenticate, 2, { authBytes });
    tube.advance(30_000);
    expect(other.isClosed).toBe(true);
    verifier.finish();
  });

  it('counts a verifier that has no keys as unavailable', () => {
    const { results, send, verifier } = arrange();
    verifier.isDown = true;
    send(oauthMessage({ token: 'agent.60000' }));
    send(END);
    expect(results).toEqual([['OAUTHBEARER', 'unavailable']]);
  });

  it.each([
    ['another identity than the subject', oauthMessage({ token: 'agent.1000', authzid: 'root' })],
    ['something else', Buffer.from('\0agent\0pencil')],
    ['another scheme', Buffer.from('n,,\u0001auth=Basic abc\u0001\u0001')],
    ['no token', Buffer.from('n,,\u0001name=value\u0001\u0001')],
    ['channel binding', Buffer.from('p=x,,\u0001auth=Bearer abc\u0001\u0001')],
  ])('refuses %s at once', (_, token) => {
    const { send, tube } = arrange();
    const answer = send(token);
    tube.advance(100);
    expect(answer.response().errorCode).toBe(KafkaError.SASL_AUTHENTICATION_FAILED);
  });

  it('is not offered without a verifier', () => {
    const tube = new TestTube({ settings: { 'sasl.enabled.mechanisms': 'OAUTHBEARER,PLAIN' } });
    const client = tube.connect(SASL_LISTENER);
    const answer = client.call(apiCalls.saslHandshake, 1, { mechanism: 'OAUTHBEARER' });
    expect(answer.errorCode).toBe(KafkaError.UNSUPPORTED_SASL_MECHANISM);
    expect(answer.mechanisms).toEqual(['PLAIN']);
  });
});

describe('the first message of OAUTHBEARER', () => {
  it('carries an identity with commas and extensions', () => {
    const extensions = { traceId: 'abc def', logicalCluster: 'lkc-1' };
    const message = oauthMessage({ token: 'a.b-c_~+/==', authzid: 'a=2Cb=3Dc', extensions });
    expect(parseOauthBearerMessage(message)).toEqual({
      authzid: 'a,b=c',
      token: 'a.b-c_~+/==',
      extensions: new Map(Object.entries(extensions)),
    });
  });

  it.each([
    'n,,\u0001auth=Bearer a\u0001',
    'n,,\u0001auth=Bearer a\u0001auth=Bearer b\u0001\u0001',
    'n,,\u0001auth=Bearer a\u0001two words=x\u0001\u0001',
    'n,,\u0001auth=Bearer a\u0001key=\u0007\u0001\u0001',
    'n,a=,\u0001auth=Bearer a\u0001\u0001',
    'y,,\u0001auth=Bearer a\u0001\u0001',
    '',
    '\u0001\u0001\u0001',
  ])('is refused when it is %j', (text) => {
    expect(parseOauthBearerMessage(Buffer.from(text))).toBeUndefined();
  });

  it('never throws, whatever the bytes are', () => {
    const bytes = fc.uint8Array({ maxLength: 64 });
    const near = fc.string({
      unit: fc.constantFrom('n', ',', 'a=', 'auth=', 'Bearer ', '\u0001', 'x', '.'),
    });
    fc.assert(
      fc.property(fc.oneof(bytes, near), (input) => {
        const parsed = parseOauthBearerMessage(Buffer.from(input as string));
        return parsed === undefined || parsed.token.length > 0;
      }),
      { seed: 7 },
    );
  });
});

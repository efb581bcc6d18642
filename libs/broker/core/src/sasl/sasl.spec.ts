import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto';

import { describe, expect, it } from 'vitest';

import type { ScramHash, ScramUpsertion } from '@weirhouse/broker-metadata';
import { KafkaError } from '@weirhouse/kafka-protocol';

import { SILENT_PROBE, type CryptoPort } from '../ports.ts';
import { apiCalls } from '../testing/api-calls.ts';
import { produceRequest } from '../testing/requests.ts';
import type { TestClient } from '../testing/test-client.ts';
import { PLAIN_LISTENER, SASL_LISTENER, TestTube } from '../testing/test-tube.ts';

const PASSWORD = 'pencil';
const ITERATIONS = 4_096;
const HASHES = { 'SCRAM-SHA-256': 'sha256', 'SCRAM-SHA-512': 'sha512' } as const;
type Mechanism = keyof typeof HASHES;

let derivations = 0;
/** What was derived: the cost of a login is in these. */
const work: string[] = [];
const pendingDerivations: (() => void)[] = [];

const crypto: CryptoPort = {
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  hash: (hash, data) => createHash(hash).update(data).digest(),
  timingSafeEqual,
  randomBytes,
  pbkdf2: ({ hash, iterations, length, password, salt }, done) => {
    derivations++;
    work.push(`${hash} ${iterations} ${length}`);
    const key = pbkdf2Sync(password, salt, iterations, length, hash);
    pendingDerivations.push(() => done(undefined, key));
  },
};

function finishDerivations(): void {
  while (pendingDerivations.length > 0) for (const finish of pendingDerivations.splice(0)) finish();
}

function saltedPassword(hash: ScramHash, salt: Buffer, password = PASSWORD): Buffer {
  return pbkdf2Sync(password, salt, ITERATIONS, hash === 'sha256' ? 32 : 64, hash);
}

function credential(
  name: string,
  mechanism: 1 | 2,
  principal: string | null = null,
): ScramUpsertion {
  const salt = Buffer.from(`salt of ${name}`);
  const hash = mechanism === 1 ? 'sha256' : 'sha512';
  return {
    name,
    mechanism,
    iterations: ITERATIONS,
    salt,
    saltedPassword: saltedPassword(hash, salt),
    principal,
  };
}

function arrange() {
  derivations = 0;
  pendingDerivations.length = 0;
  return new TestTube({
    crypto,
    credentials: [
      credential('agent', 1),
      credential('agent', 2),
      credential('key-1', 2, 'User:sa-owner'),
    ],
  });
}

/** The client's side of SCRAM (RFC 5802); `nonceOf` may send another nonce than it should. */
function scramClient(
  mechanism: Mechanism,
  user: string,
  options: { password?: string; nonceOf?: (clientNonce: string, full: string) => string } = {},
) {
  const { nonceOf = (_: string, full: string) => full, password = PASSWORD } = options;
  const hash = HASHES[mechanism];
  const nonce = randomBytes(12).toString('base64');
  const firstBare = `n=${user},r=${nonce}`;
  return {
    first: Buffer.from(`n,,${firstBare},tokenauth=false`),
    final(challenge: Buffer): Buffer {
      const serverFirst = challenge.toString();
      const [full = '', salt = ''] = serverFirst.split(',').map((part) => part.slice(2));
      const salted = saltedPassword(hash, Buffer.from(salt, 'base64'), password);
      const clientKey = crypto.hmac(hash, salted, Buffer.from('Client Key'));
      const withoutProof = `c=biws,r=${nonceOf(nonce, full)}`;
      const message = `${firstBare},tokenauth=false,${serverFirst},${withoutProof}`;
      const signature = crypto.hmac(hash, crypto.hash(hash, clientKey), Buffer.from(message));
      const proof = clientKey.map((byte, index) => byte ^ (signature[index] ?? 0));
      return Buffer.from(`${withoutProof},p=${Buffer.from(proof).toString('base64')}`);
    },
  };
}

/** Authenticates by SCRAM with SaslAuthenticate; gives the last error code. */
function loginByScram(
  tube: TestTube,
  client: TestClient,
  scram: ReturnType<typeof scramClient>,
  mechanism: Mechanism,
): number {
  client.call(apiCalls.saslHandshake, 1, { mechanism });
  const challenge = client.call(apiCalls.saslAuthenticate, 2, { authBytes: scram.first });
  if (challenge.errorCode !== 0) return challenge.errorCode;
  const authBytes = scram.final(challenge.authBytes);
  const last = client.send(apiCalls.saslAuthenticate, 2, { authBytes });
  tube.advance(100);
  return last.response().errorCode;
}

function plainToken(user: string, password: string): Buffer {
  return Buffer.from(`\0${user}\0${password}`);
}

function loginByPlain(tube: TestTube, user: string, password: string) {
  const client = tube.connect(SASL_LISTENER);
  client.call(apiCalls.saslHandshake, 1, { mechanism: 'PLAIN' });
  const authBytes = plainToken(user, password);
  const login = client.send(apiCalls.saslAuthenticate, 2, { authBytes });
  finishDerivations();
  return { client, login };
}

describe('SASL', () => {
  it.each<Mechanism>(['SCRAM-SHA-256', 'SCRAM-SHA-512'])('lets in by %s', (mechanism) => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    expect(loginByScram(tube, client, scramClient(mechanism, 'agent'), mechanism)).toBe(0);
    expect(client.call(apiCalls.metadata, 5, { topics: null }).brokers).toHaveLength(1);
    expect(client.maxFrameBytes).toBe(104_857_600);
    tube.advance(60_000);
    expect(client.isClosed).toBe(false);
  });

  it('refuses a wrong password late, with a message that says nothing, and closes', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    client.call(apiCalls.saslHandshake, 1, { mechanism: 'SCRAM-SHA-512' });
    const scram = scramClient('SCRAM-SHA-512', 'agent', { password: 'wrong' });
    const { authBytes } = client.call(apiCalls.saslAuthenticate, 2, { authBytes: scram.first });
    const last = client.send(apiCalls.saslAuthenticate, 2, { authBytes: scram.final(authBytes) });
    tube.advance(90);
    expect(last.isAnswered).toBe(false);
    tube.advance(20);
    expect(last.response().errorCode).toBe(KafkaError.SASL_AUTHENTICATION_FAILED);
    expect(last.response().errorMessage).not.toMatch(/agent|unknown|proof/i);
    expect([last.closesAfter, client.isClosed]).toEqual([true, true]);
  });

  it('challenges users who do not exist like everybody else', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    const scram = scramClient('SCRAM-SHA-256', 'nobody');
    expect(loginByScram(tube, client, scram, 'SCRAM-SHA-256')).toBe(58);
  });

  it('compares the nonce exactly: a client that repeats only its own is refused', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    const scram = scramClient('SCRAM-SHA-256', 'agent', {
      nonceOf: (own, full) => own + full,
    });
    expect(loginByScram(tube, client, scram, 'SCRAM-SHA-256')).toBe(58);
  });

  it('lets in by PLAIN over the same credential, and derives a password once', () => {
    const tube = arrange();
    const { client, login } = loginByPlain(tube, 'agent', PASSWORD);
    expect(login.response().errorCode).toBe(0);
    expect(client.call(apiCalls.metadata, 5, { topics: null }).brokers).toHaveLength(1);
    const again = loginByPlain(tube, 'agent', PASSWORD).login;
    expect([again.response().errorCode, derivations]).toEqual([0, 1]);
    tube.advance(300_000);
    expect(loginByPlain(tube, 'agent', PASSWORD).login.isAnswered).toBe(true);
    expect(derivations).toBe(2);
  });

  it.each([
    ['a wrong password', 'agent', 'wrong'],
    ['an unknown user', 'nobody', PASSWORD],
    ['an empty password', 'agent', ''],
  ])('refuses PLAIN with %s', (_, user, password) => {
    const tube = arrange();
    const { client, login } = loginByPlain(tube, user, password);
    expect(login.isAnswered).toBe(false);
    tube.advance(100);
    expect(login.response().errorCode).toBe(KafkaError.SASL_AUTHENTICATION_FAILED);
    expect(client.isClosed).toBe(true);
  });

  it('works equally hard to refuse PLAIN for unknown users and for wrong passwords', () => {
    const tube = arrange();
    const costs = ['agent', 'key-1', 'nobody', 'nobody-else'].map((user) => {
      work.length = 0;
      const { login } = loginByPlain(tube, user, 'wrong');
      tube.advance(100);
      expect(login.response().errorCode).toBe(KafkaError.SASL_AUTHENTICATION_FAILED);
      return work.toSorted();
    });
    expect(costs).toEqual(costs.map(() => ['sha256 4096 32', 'sha512 4096 64']));
  });

  it('shows an unknown user the same salt at every try, also after a restart', () => {
    const tube = arrange();
    const challengeOf = (user: string) => {
      const client = tube.connect(SASL_LISTENER);
      client.call(apiCalls.saslHandshake, 1, { mechanism: 'SCRAM-SHA-256' });
      const { first: authBytes } = scramClient('SCRAM-SHA-256', user);
      const text = client.call(apiCalls.saslAuthenticate, 2, { authBytes }).authBytes.toString();
      return text.replace(/^r=[^,]+,/, '');
    };
    const first = challengeOf('nobody');
    expect(first).toMatch(/^s=[A-Za-z0-9+/]{32},i=4096$/);
    tube.restart();
    expect(challengeOf('nobody')).toBe(first);
    expect(challengeOf('somebody')).not.toBe(first);
  });

  it('waits as long as is set before it refuses, and lets no one try for long', () => {
    const settings = { 'connection.failed.authentication.delay.ms': '700' };
    const tube = new TestTube({ crypto, settings, authenticationMsMax: 5_000 });
    const { login } = loginByPlain(tube, 'nobody', PASSWORD);
    tube.advance(690);
    expect(login.isAnswered).toBe(false);
    tube.advance(20);
    expect(login.isAnswered).toBe(true);
    const silent = tube.connect(SASL_LISTENER);
    tube.advance(5_000);
    expect(silent.isClosed).toBe(true);
  });

  it('reads no more of a stranger than is set, and never more than 512 KiB', () => {
    const limitOf = (size: string) => {
      const tube = new TestTube({ settings: { 'sasl.server.max.receive.size': size } });
      return tube.connect(SASL_LISTENER).maxFrameBytes;
    };
    expect([limitOf('4096'), limitOf('524288'), limitOf('9999999')]).toEqual([
      4_096, 524_288, 524_288,
    ]);
  });

  it('counts failures by mechanism and cause, in closed sets', () => {
    const counts: string[] = [];
    const onAuthentication = (...labels: string[]) => counts.push(labels.join(' '));
    const probe = { ...SILENT_PROBE, onAuthentication };
    const tube = new TestTube({ crypto, credentials: [credential('agent', 1)], probe });
    loginByPlain(tube, 'agent', PASSWORD);
    loginByPlain(tube, 'agent', 'wrong');
    loginByPlain(tube, '', 'x');
    const mechanism = 'MADE-UP';
    tube.connect(SASL_LISTENER).call(apiCalls.saslHandshake, 1, { mechanism });
    expect(counts).toEqual(['PLAIN ok', 'PLAIN credentials', 'PLAIN malformed', 'other mechanism']);
  });

  it('does not accept a cached password after the credential has changed', () => {
    const tube = arrange();
    expect(loginByPlain(tube, 'agent', PASSWORD).login.response().errorCode).toBe(0);
    const deletions = [1, 2].map((mechanism) => ({ name: 'agent', mechanism }));
    const admin = tube.connect(PLAIN_LISTENER);
    const altered = admin.call(apiCalls.alterUserScramCredentials, 0, { deletions });
    expect(altered.results[0]?.errorCode).toBe(KafkaError.CLUSTER_AUTHORIZATION_FAILED);
    const platform = new TestTube({
      crypto,
      credentials: [credential('robot', 1)],
      superUsers: ['User:ANONYMOUS'],
    });
    expect(loginByPlain(platform, 'robot', PASSWORD).login.response().errorCode).toBe(0);
    const result = platform.connect().call(apiCalls.alterUserScramCredentials, 0, {
      deletions: [{ name: 'robot', mechanism: 1 }],
    });
    expect(result.results[0]?.errorCode).toBe(0);
    const { login } = loginByPlain(platform, 'robot', PASSWORD);
    platform.advance(100);
    expect(login.response().errorCode).toBe(58);
  });

  it('makes later requests of the connection wait for the login', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    client.call(apiCalls.saslHandshake, 1, { mechanism: 'PLAIN' });
    client.send(apiCalls.saslAuthenticate, 2, { authBytes: plainToken('agent', PASSWORD) });
    const next = client.send(apiCalls.metadata, 5, { topics: null });
    expect([next.isAnswered, client.isClosed]).toEqual([false, false]);
    finishDerivations();
    expect(next.response().brokers).toHaveLength(1);
  });

  it('takes raw tokens after handshake v0', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    const mechanism = 'SCRAM-SHA-256';
    expect(client.call(apiCalls.saslHandshake, 0, { mechanism }).errorCode).toBe(0);
    const scram = scramClient(mechanism, 'agent');
    const challenge = client.sendFrame(Buffer.from(scram.first), (frame) => frame.subarray(4));
    const final = scram.final(challenge.response());
    const success = client.sendFrame(Buffer.from(final), (frame) => frame);
    expect(success.response().readInt32BE(0)).toBe(success.response().length - 4);
    expect(success.response().subarray(4, 6).toString()).toBe('v=');
    expect(client.call(apiCalls.metadata, 5, { topics: null }).brokers).toHaveLength(1);
  });

  it('answers raw PLAIN with an empty token and a failure by closing late', () => {
    const tube = arrange();
    const client = tube.connect(SASL_LISTENER);
    client.call(apiCalls.saslHandshake, 0, { mechanism: 'PLAIN' });
    const good = client.sendFrame(plainToken('agent', PASSWORD), (frame) => frame);
    finishDerivations();
    expect(good.response()).toEqual(Buffer.alloc(4));
    const wrong = tube.connect(SASL_LISTENER);
    wrong.call(apiCalls.saslHandshake, 0, { mechanism: 'PLAIN' });
    const bad = wrong.sendFrame(plainToken('agent', 'no'), (frame) => frame);
    finishDerivations();
    expect(wrong.isClosed).toBe(false);
    tube.advance(110);
    expect([wrong.isClosed, bad.frame]).toEqual([true, undefined]);
  });

  it('tells the mechanisms to a client that asks for another one, then closes', () => {
    const client = arrange().connect(SASL_LISTENER);
    const response = client.call(apiCalls.saslHandshake, 1, { mechanism: 'GSSAPI' });
    expect(response.errorCode).toBe(KafkaError.UNSUPPORTED_SASL_MECHANISM);
    expect(response.mechanisms).toEqual(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']);
    expect(client.isClosed).toBe(true);
  });

  it.each(['before the handshake', 'between handshake and token'])(
    'closes on other requests %s',
    (when) => {
      const client = arrange().connect(SASL_LISTENER);
      if (when !== 'before the handshake')
        client.call(apiCalls.saslHandshake, 1, { mechanism: 'PLAIN' });
      const request = client.send(apiCalls.produce, 9, produceRequest('t'));
      expect([request.frame, client.isClosed]).toEqual([undefined, true]);
    },
  );

  it('refuses to begin again after authentication, and on listeners without SASL', () => {
    const tube = arrange();
    const { client } = loginByPlain(tube, 'agent', PASSWORD);
    for (const connection of [client, tube.connect(PLAIN_LISTENER)]) {
      const handshake = connection.call(apiCalls.saslHandshake, 1, { mechanism: 'PLAIN' });
      expect(handshake.errorCode).toBe(KafkaError.ILLEGAL_SASL_STATE);
      const token = connection.call(apiCalls.saslAuthenticate, 1, { authBytes: Buffer.from('x') });
      expect(token.errorCode).toBe(KafkaError.ILLEGAL_SASL_STATE);
    }
  });

  it('acts as the owner of a key, and keeps credentials over a restart', () => {
    const tube = arrange();
    const bind = {
      resourceType: 2,
      resourceName: 't',
      resourcePatternType: 3,
      principal: 'User:sa-owner',
      host: '*',
      operation: 8,
      permissionType: 3,
      origin: null,
    };
    tube.createTopic('t');
    tube.connect().call(apiCalls.createAcls, 3, { creations: [bind] });
    tube.restart();
    const seenBy = (user: string) => {
      const { client } = loginByPlain(tube, user, PASSWORD);
      return client.call(apiCalls.metadata, 5, { topics: null }).topics.map(({ name }) => name);
    };
    expect(seenBy('key-1')).toEqual(['t']);
    expect(seenBy('agent')).toEqual([]);
  });
});

import type { RefusedToken, VerifiedToken } from '@weirhouse/broker-core';
import {
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { beforeAll, describe, expect, test } from 'vitest';
import { KeysUnavailable } from './jwks.ts';
import { JwtVerifier, type JwtRules } from './jwt-verifier.ts';

const RULES: JwtRules = {
  audiences: ['kafka', 'weirhouse'],
  issuer: 'https://issuer.test',
  clockSkewSeconds: 30,
  subjectClaim: 'sub',
  scopeClaim: 'scope',
};

let privateKey: CryptoKey;
let publicPem: string;
let keys: ReturnType<typeof createLocalJWKSet>;
beforeAll(async () => {
  const pair = await generateKeyPair('RS256', { extractable: true });
  privateKey = pair.privateKey;
  publicPem = await exportSPKI(pair.publicKey);
  keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(pair.publicKey)), kid: 'k' }] });
});

const now = (): number => Math.floor(Date.now() / 1000);

type Claims = Readonly<Record<string, unknown>>;

/** Good claims but for the changes; undefined takes one away. */
function claims(changes: Claims = {}): JWTPayload {
  const times = { iat: now(), exp: now() + 600 };
  return { sub: 'agent', aud: 'kafka', iss: RULES.issuer, ...times, ...changes } as JWTPayload;
}

function signed(payload: JWTPayload): Promise<string> {
  return new SignJWT(payload).setProtectedHeader({ alg: 'RS256', kid: 'k' }).sign(privateKey);
}

function verify(token: string, rules: Partial<JwtRules> = {}) {
  return new Promise<VerifiedToken | RefusedToken>((resolve) => {
    new JwtVerifier(keys, { ...RULES, ...rules }).verify(token, resolve);
  });
}

describe('a signed token', () => {
  test('says who somebody is and until when', async () => {
    const exp = now() + 600;
    const verdict = await verify(await signed(claims({ exp, scope: 'read write' })));
    expect(verdict).toEqual({ ok: true, subject: 'agent', expiresAtMs: exp * 1000 });
  });

  test('may have one of many audiences, other claim names, and clocks that differ a little', async () => {
    expect((await verify(await signed(claims({ aud: ['x', 'weirhouse'] })))).ok).toBe(true);
    const azure = claims({ oid: 'robot', scp: ['a', 'b'] });
    const rules = { subjectClaim: 'oid', scopeClaim: 'scp' };
    expect(await verify(await signed(azure), rules)).toMatchObject({ ok: true, subject: 'robot' });
    expect((await verify(await signed(claims({ exp: now() - 20 })))).ok).toBe(true);
    const open = { audiences: [], issuer: undefined };
    expect((await verify(await signed(claims({ aud: 'y', iss: 'z' })), open)).ok).toBe(true);
  });

  test.each<[string, (at: number) => Claims]>([
    ['has ended', (at) => ({ exp: at - 31 })],
    ['never ends', () => ({ exp: undefined })],
    ['does not say when it was made', () => ({ iat: undefined })],
    ['is not valid yet', (at) => ({ nbf: at + 60 })],
    ['is for somebody else', () => ({ aud: 'other' })],
    ['is for nobody', () => ({ aud: undefined })],
    ['comes from somebody else', () => ({ iss: 'https://other.test' })],
    ['names nobody', () => ({ sub: undefined })],
    ['names a blank', () => ({ sub: ' ' })],
    ['names a novel', () => ({ sub: 'x'.repeat(2_000) })],
    ['has a scope that is none', () => ({ scope: 7 })],
  ])('is refused when it %s', async (_, changes) => {
    const verdict = await verify(await signed(claims(changes(now()))));
    expect(verdict).toMatchObject({ ok: false, cause: 'token' });
  });

  test('is refused without signature, with another one, and when a public key plays the secret', async () => {
    const [head = '', body = '', signature = ''] = (await signed(claims())).split('.');
    const forged = Buffer.from(JSON.stringify(claims({ sub: 'root' }))).toString('base64url');
    const confused = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'k' })
      .sign(Buffer.from(publicPem));
    const stranger = await generateKeyPair('RS256');
    const foreign = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'RS256', kid: 'k' })
      .sign(stranger.privateKey);
    const tokens = [
      new UnsecuredJWT(claims()).encode(),
      `${head}.${forged}.${signature}`,
      `${head}.${body}.`,
      confused,
      foreign,
      'not.a.token',
      'x',
      '',
    ];
    for (const token of tokens)
      expect(await verify(token)).toMatchObject({ ok: false, cause: 'token' });
  });

  test('cannot be judged without keys, which is another cause', async () => {
    const token = await signed(claims());
    const none = () => Promise.reject(new KeysUnavailable('down'));
    const verdict = await new Promise((resolve) => {
      new JwtVerifier(none, RULES).verify(token, resolve);
    });
    expect(verdict).toMatchObject({ ok: false, cause: 'unavailable' });
  });
});

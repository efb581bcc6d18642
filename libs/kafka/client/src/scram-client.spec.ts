import { Secret } from '@weirhouse/shared-kernel';
import { describe, expect, it } from 'vitest';
import { checkServerFinal, scramClientFinal, scramClientFirst } from './scram-client.ts';

// The example conversation of RFC 7677, section 3.
const NONCE = 'rOprNGfwEbeRWgbNEkqO';
const SERVER_FIRST =
  'r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096';
const CLIENT_FINAL =
  'c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
const SERVER_FINAL = 'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=';

function answer(serverFirst: string) {
  return scramClientFinal({
    hash: 'sha256',
    first: scramClientFirst('user', NONCE),
    nonce: NONCE,
    serverFirst: Buffer.from(serverFirst),
    password: new Secret('pencil'),
  });
}

describe('the SCRAM client', () => {
  it('speaks the conversation of RFC 7677', async () => {
    expect(scramClientFirst('user', NONCE).message.toString()).toBe(`n,,n=user,r=${NONCE}`);
    const proof = await answer(SERVER_FIRST);
    expect(proof.clientFinal.toString()).toBe(CLIENT_FINAL);
    expect(() => checkServerFinal(Buffer.from(SERVER_FINAL), proof)).not.toThrow();
  });

  it('escapes the two characters that have a meaning in a name', () => {
    expect(scramClientFirst('a=b,c', 'x').bare).toBe('n=a=3Db=2Cc,r=x');
  });

  it('names whom it acts for, and where they are, under the signature', async () => {
    const actAs = { principal: 'User:a,b', host: '10.1.2.3' };
    const first = scramClientFirst('user', NONCE, actAs);
    expect(first.message.toString()).toBe(`n,a=User:a=2Cb,n=user,r=${NONCE},host=10.1.2.3`);
    const proof = await scramClientFinal({
      hash: 'sha256',
      first,
      nonce: NONCE,
      serverFirst: Buffer.from(SERVER_FIRST),
      password: new Secret('pencil'),
    });
    const binding = Buffer.from(first.gs2Header).toString('base64');
    expect(proof.clientFinal.toString()).toContain(`c=${binding},`);
    expect(proof.clientFinal.toString()).not.toBe(CLIENT_FINAL);
  });

  it.each([
    ['a nonce that is not ours', SERVER_FIRST.replace('r=rO', 'r=xx')],
    ['a nonce with nothing added', `r=${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`],
    ['too few iterations', SERVER_FIRST.replace('4096', '4095')],
    ['too many iterations', SERVER_FIRST.replace('4096', '16385')],
    ['no message', ''],
    ['an error', 'e=unknown-user'],
  ])('refuses a server with %s', async (_what, serverFirst) => {
    await expect(answer(serverFirst)).rejects.toMatchObject({ code: 'unauthenticated' });
  });

  it.each(['v=', 'v=AAAA', 'e=other-error', SERVER_FINAL.replace('6rri', '7rri')])(
    'refuses the server signature %s',
    async (serverFinal) => {
      const proof = await answer(SERVER_FIRST);
      expect(() => checkServerFinal(Buffer.from(serverFinal), proof)).toThrow('SCRAM');
    },
  );
});

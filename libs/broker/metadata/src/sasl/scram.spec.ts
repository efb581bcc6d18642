import {
  createHash,
  createHmac,
  pbkdf2Sync,
  randomBytes,
  timingSafeEqual,
  type BinaryLike,
} from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parsePlainMessage } from './plain.ts';
import {
  deriveScramKeys,
  isSaltedPassword,
  SCRAM_MECHANISMS,
  SCRAM_SHA_256,
  SCRAM_SHA_512,
  type ScramCrypto,
  type ScramMechanism,
} from './scram-crypto.ts';
import { parseClientFinal, parseClientFirst } from './scram-messages.ts';
import {
  type ScramCredential,
  ScramServer,
  type ScramServerOptions,
  type ScramStep,
} from './scram-server.ts';

const crypto: ScramCrypto = {
  hmac: (hash, key, data) => createHmac(hash, key).update(data).digest(),
  hash: (hash, data) => createHash(hash).update(data).digest(),
  timingSafeEqual,
  randomBytes,
};

const PASSWORD = 'pencil=, \u03a9';
const SALT_4096 = '66697865642d73616c742d34303936';
const SALT_8192 = '66697865642d73616c742d38313932';

/** Keys that Kafka's own tool made from the password above. */
const VECTORS = [
  {
    mechanism: SCRAM_SHA_256,
    salt: SALT_4096,
    iterations: 4096,
    stored: '6c2a6c741a756322d38d628ffe625fd14a39e74c1d71c13a6a2e67a7fc6f017d',
    server: 'ef6577523ba5b6f4101bfffb3d02ec8e868923be78eab5020cece9a71662da70',
  },
  {
    mechanism: SCRAM_SHA_256,
    salt: SALT_8192,
    iterations: 8192,
    stored: 'e1f179a7968bd2c1f36c6f493d64b93a294f7f4df8a48254473af2030bb41ed8',
    server: '7c9b3cf6859f5393b503feed8098bb1ece1b76d58ecefcb54d6f8904ca2353c5',
  },
  {
    mechanism: SCRAM_SHA_512,
    salt: SALT_4096,
    iterations: 4096,
    stored:
      'b25c7e39c783bfd674909273f99a6ed23f5f6595aedb1eba0c541f342bd3b299' +
      'c566dd164db9f84a5b8a1f5a91026c105d924ae0b93094ca4a663cff2656d8f2',
    server:
      '86ce817e8c46f0f2a5dc5f506c2d8045635385c2f604d6d9c0ff6c5b0cd85a1e' +
      '1e25248b48ad5e6979d702961073b411c02b6aa29f69dcfa0e6c55509db0ace4',
  },
  {
    mechanism: SCRAM_SHA_512,
    salt: SALT_8192,
    iterations: 8192,
    stored:
      'b4599e4a59e081d325895eba38f8d7c061727e8de82afab53675ee8f5f6e0439' +
      'd15e4cbbfb7925000cb41f4f877242533f957936b523fa2745295ea9cbd4d8c0',
    server:
      '07e505d0054d01b6039029ec1ef0bdbe131d106e315df8109c0fc05f06ab611a' +
      'f941b97b22e17ff71cdd71b52e1853abd4df60564e617b24e9a99e80cc12ac99',
  },
];

function salted(mechanism: ScramMechanism, password: BinaryLike, salt: Buffer, rounds: number) {
  return pbkdf2Sync(password, salt, rounds, mechanism.keyBytes, mechanism.hash);
}

function credentialOf(mechanism: ScramMechanism, principal: string | null = null): ScramCredential {
  const salt = Buffer.from(SALT_4096, 'hex');
  const keys = deriveScramKeys(crypto, mechanism.hash, salted(mechanism, PASSWORD, salt, 4096));
  return { salt, iterations: 4096, principal, ...keys };
}

function serverFor(
  mechanism: ScramMechanism,
  users: Readonly<Record<string, ScramCredential>>,
  options: Pick<Partial<ScramServerOptions>, 'crypto' | 'mayActAsOthers'> = {},
): ScramServer {
  return new ScramServer({
    mechanism,
    crypto,
    findCredential: (user) => users[user],
    decoy: { secret: Buffer.from('decoy'), saltBytes: 15, iterations: 4096 },
    ...options,
  });
}

interface Login {
  readonly first?: string;
  readonly password?: string;
  /** What the client takes for the nonce, and signs. */
  readonly nonce?: (nonce: string) => string;
  /** The channel binding the client repeats, and signs; base64. */
  readonly binding?: string;
  /** Changes the proof before it is sent. */
  readonly proof?: (proof: string) => string;
}

/** A client of our own: runs a whole login and gives the last step with the expected verifier. */
function logIn(
  server: ScramServer,
  mechanism: ScramMechanism,
  login: Login = {},
): { readonly step: ScramStep; readonly verifier: string } {
  const first = login.first ?? 'n,,n=agent,r=clientnonce';
  const challenge = server.evaluate(Buffer.from(first));
  if (challenge.kind !== 'challenge') return { step: challenge, verifier: '' };
  const serverFirst = challenge.message.toString();
  const [nonce = '', salt = '', iterations = ''] = serverFirst
    .split(',')
    .map((part) => part.slice(2));
  const saltedPassword = salted(
    mechanism,
    login.password ?? PASSWORD,
    Buffer.from(salt, 'base64'),
    Number(iterations),
  );
  const [flag = '', authzid = ''] = first.split(',');
  const bare = first.slice(flag.length + authzid.length + 2);
  const binding = login.binding ?? Buffer.from(`${flag},${authzid},`).toString('base64');
  const withoutProof = `c=${binding},r=${login.nonce?.(nonce) ?? nonce}`;
  const authMessage = Buffer.from(`${bare},${serverFirst},${withoutProof}`);
  const clientKey = crypto.hmac(mechanism.hash, saltedPassword, Buffer.from('Client Key'));
  const keys = deriveScramKeys(crypto, mechanism.hash, saltedPassword);
  const signature = crypto.hmac(mechanism.hash, keys.storedKey, authMessage);
  const bytes = clientKey.map((byte, i) => byte ^ (signature[i] ?? 0));
  const proof = Buffer.from(bytes).toString('base64');
  const final = `${withoutProof},p=${login.proof?.(proof) ?? proof}`;
  const verifier = crypto.hmac(mechanism.hash, keys.serverKey, authMessage).toString('base64');
  return { step: server.evaluate(Buffer.from(final)), verifier };
}

describe('SCRAM keys', () => {
  it.each(VECTORS)('equal those of Kafka for $mechanism.name at $iterations', (vector) => {
    const salt = Buffer.from(vector.salt, 'hex');
    const password = salted(vector.mechanism, PASSWORD, salt, vector.iterations);
    const keys = deriveScramKeys(crypto, vector.mechanism.hash, password);
    expect(keys.storedKey.toString('hex')).toBe(vector.stored);
    expect(keys.serverKey.toString('hex')).toBe(vector.server);
  });

  it('tell the right salted password from a wrong one', () => {
    const { storedKey, salt } = credentialOf(SCRAM_SHA_256);
    const check = (password: string) =>
      isSaltedPassword(crypto, 'sha256', {
        saltedPassword: salted(SCRAM_SHA_256, password, salt, 4096),
        storedKey,
      });
    expect(check(PASSWORD)).toBe(true);
    expect(check('pencil')).toBe(false);
  });
});

describe.each(SCRAM_MECHANISMS)('a $name login', (mechanism) => {
  const ask = (user: string): string[] => {
    const step = serverFor(mechanism, users).evaluate(Buffer.from(`n,,n=${user},r=x`));
    return step.kind === 'challenge' ? step.message.toString().split(',').slice(1) : [];
  };
  const users = { agent: credentialOf(mechanism), 'a,b=c': credentialOf(mechanism, 'User:sa-1') };

  it('succeeds with the password and proves the server to the client', () => {
    const { step, verifier } = logIn(serverFor(mechanism, users), mechanism);
    expect(step).toMatchObject({ kind: 'success', user: 'agent', principal: 'User:agent' });
    expect(step.kind === 'success' && step.message.toString()).toBe(`v=${verifier}`);
  });

  it('acts as the principal of the credential and unescapes the user name', () => {
    const login = { first: 'n,,n=a=2Cb=3Dc,r=x' };
    const { step } = logIn(serverFor(mechanism, users), mechanism, login);
    expect(step).toMatchObject({ kind: 'success', user: 'a,b=c', principal: 'User:sa-1' });
  });

  it.each([
    ['an authorization id equal to the user', 'n,a=agent,n=agent,r=x'],
    ['a client that could bind channels', 'y,,n=agent,r=x'],
    ['an extension nobody knows', 'n,,n=agent,r=x,tokenauth=true'],
  ])('succeeds with %s', (_, first) => {
    const { step } = logIn(serverFor(mechanism, users), mechanism, { first });
    expect(step.kind).toBe('success');
  });

  it.each<[string, Login]>([
    ['a wrong password', { password: 'pencil' }],
    ['an unknown user', { first: 'n,,n=robot,r=x' }],
    ['another authorization id', { first: 'n,a=robot,n=agent,r=x' }],
    ['the nonce of the server alone', { nonce: (nonce) => nonce.slice('clientnonce'.length) }],
    ['the nonce of the client alone', { nonce: () => 'clientnonce' }],
    ['a longer nonce', { nonce: (nonce) => `x${nonce}` }],
    ['another channel binding', { binding: Buffer.from('y,,').toString('base64') }],
    ['a short proof', { proof: (proof) => proof.slice(0, 4) }],
    ['an empty proof', { proof: () => '' }],
  ])('fails with %s', (_, login) => {
    expect(logIn(serverFor(mechanism, users), mechanism, login).step.kind).toBe('failure');
  });

  it('acts as somebody else only for those who may, and only after the proof', () => {
    const mayActAsOthers = (principal: string): boolean => principal === 'User:sa-1';
    const asOther = (name: string, password = PASSWORD): ScramStep => {
      const first = `n,a=User:sa-9,n=${name},r=x,host=10.1.2.3`;
      const server = serverFor(mechanism, users, { mayActAsOthers });
      return logIn(server, mechanism, { first, password }).step;
    };
    const other = { principal: 'User:sa-9', host: '10.1.2.3' };
    expect(asOther('a=2Cb=3Dc')).toMatchObject({ kind: 'success', ...other });
    expect(asOther('agent')).toMatchObject({ kind: 'failure', cause: 'principal' });
    expect(asOther('a=2Cb=3Dc', 'pencil')).toMatchObject({ kind: 'failure', cause: 'credentials' });
    expect(asOther('robot')).toMatchObject({ kind: 'failure', cause: 'credentials' });
    const first = 'n,a=User:sa-9,n=agent,r=x';
    const { step } = logIn(serverFor(mechanism, users), mechanism, { first });
    expect(step).toMatchObject({ kind: 'failure', cause: 'principal' });
  });

  it('takes no host from those who act as themselves', () => {
    const first = 'n,,n=agent,r=x,host=10.1.2.3';
    const { step } = logIn(serverFor(mechanism, users), mechanism, { first });
    expect(step).toMatchObject({ kind: 'success', principal: 'User:agent', host: undefined });
  });

  it('shows an unknown user a steady challenge of the usual shape', () => {
    expect(ask('robot')).toEqual(ask('robot'));
    expect(ask('robot')).not.toEqual(ask('scout'));
    expect(ask('robot').map((part) => part.length)).toEqual(
      ask('agent').map((part) => part.length),
    );
  });

  it('does the same work to refuse unknown users and wrong passwords', () => {
    const workFor = (first: string): readonly string[] => {
      const work: string[] = [];
      const counting: ScramCrypto = {
        hmac: (hash, key, data) => (work.push(`hmac ${hash}`), crypto.hmac(hash, key, data)),
        hash: (hash, data) => (work.push(`hash ${hash}`), crypto.hash(hash, data)),
        timingSafeEqual: (a, b) => (work.push(`equal ${a.length}`), timingSafeEqual(a, b)),
        randomBytes: (length) => (work.push(`random ${length}`), randomBytes(length)),
      };
      const server = serverFor(mechanism, users, { crypto: counting });
      expect(logIn(server, mechanism, { first, password: 'pencil' }).step.kind).toBe('failure');
      return work;
    };
    expect(workFor('n,,n=robot,r=x')).toEqual(workFor('n,,n=agent,r=x'));
  });

  it('refuses to go on after its end', () => {
    const server = serverFor(mechanism, users);
    logIn(server, mechanism);
    expect(() => server.evaluate(Buffer.from('n,,n=agent,r=x'))).toThrow(/after the end/);
  });
});

describe('the example of RFC 7677', () => {
  const NONCE = '%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
  const salt = Buffer.from('W22ZaJ0SNY7soEsUEjb6gQ==', 'base64');
  const keys = deriveScramKeys(crypto, 'sha256', salted(SCRAM_SHA_256, 'pencil', salt, 4096));

  it('gives the messages printed there', () => {
    // The example's nonce is not base64, so the random bytes pretend.
    const fixed = Object.assign(Buffer.alloc(18), { toString: () => NONCE });
    const server = new ScramServer({
      mechanism: SCRAM_SHA_256,
      crypto: { ...crypto, randomBytes: () => fixed },
      findCredential: () => ({ salt, iterations: 4096, principal: null, ...keys }),
      decoy: { secret: Buffer.alloc(1), saltBytes: 16, iterations: 4096 },
    });
    const challenge = server.evaluate(Buffer.from('n,,n=user,r=rOprNGfwEbeRWgbNEkqO'));
    expect(challenge.kind === 'challenge' && challenge.message.toString()).toBe(
      `r=rOprNGfwEbeRWgbNEkqO${NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096`,
    );
    const proof = 'dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=';
    const last = server.evaluate(Buffer.from(`c=biws,r=rOprNGfwEbeRWgbNEkqO${NONCE},p=${proof}`));
    expect(last.kind === 'success' && last.message.toString()).toBe(
      'v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=',
    );
  });
});

describe('SCRAM messages', () => {
  it.each([
    ['nothing', ''],
    ['channel binding', 'p=tls-unique,,n=agent,r=x'],
    ['no GS2 header', 'n=agent,r=x'],
    ['an empty user', 'n,,n=,r=x'],
    ['a bare = in the user', 'n,,n=a=b,r=x'],
    ['a lower-case escape', 'n,,n=a=2cb,r=x'],
    ['no nonce', 'n,,n=agent'],
    ['an empty nonce', 'n,,n=agent,r='],
    ['a nonce with a space', 'n,,n=agent,r=a b'],
    ['a mandatory extension', 'n,,m=x,n=agent,r=x'],
    ['a mandatory extension at the end', 'n,,n=agent,r=x,m=y'],
    ['an extension without a value', 'n,,n=agent,r=x,t='],
    ['a NUL', 'n,,n=al\0ice,r=x'],
    ['a message that is too long', `n,,n=agent,r=${'x'.repeat(9000)}`],
  ])('refuse a client-first-message with %s', (_, text) => {
    expect(parseClientFirst(Buffer.from(text))).toBeUndefined();
  });

  it('refuse bytes that are not UTF-8', () => {
    expect(parseClientFirst(Buffer.from('n,,n=\xff,r=x', 'latin1'))).toBeUndefined();
  });

  it.each([
    ['bad base64', 'c=biws,r=x,p=####'],
    ['an empty binding', 'c=,r=x,p=AAAA'],
    ['the proof not at the end', 'c=biws,r=x,p=AAAA,t=x'],
    ['no nonce', 'c=biws,p=AAAA'],
  ])('refuse a client-final-message with %s', (_, text) => {
    expect(parseClientFinal(Buffer.from(text))).toBeUndefined();
  });

  it('keep what is signed exactly as the client wrote it', () => {
    const first = parseClientFirst(Buffer.from('n,a=z,n=al=2Cice,r=abc,x=y'));
    expect(first).toMatchObject({ bare: 'n=al=2Cice,r=abc,x=y', gs2Header: 'n,a=z,' });
    const final = parseClientFinal(Buffer.from('c=biws,r=abc,x=y,p=AAAA'));
    expect(final?.withoutProof).toBe('c=biws,r=abc,x=y');
  });
});

describe('a PLAIN message', () => {
  it('gives user and password', () => {
    const login = parsePlainMessage(Buffer.from('\0agent\0secret'));
    expect(login?.user).toBe('agent');
    expect(login?.password.reveal()).toBe('secret');
  });

  it('may ask for its own identity only', () => {
    expect(parsePlainMessage(Buffer.from('agent\0agent\0secret'))?.user).toBe('agent');
    expect(parsePlainMessage(Buffer.from('robot\0agent\0secret'))).toBeUndefined();
  });

  it.each(['', 'agent', '\0agent', '\0agent\0', '\0\0secret', '\0a\0b\0c', '\0a\0'.repeat(2000)])(
    'is refused in the shape %j',
    (text) => {
      expect(parsePlainMessage(Buffer.from(text))).toBeUndefined();
    },
  );
});

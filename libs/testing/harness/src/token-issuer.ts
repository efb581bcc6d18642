import { generateKeyPairSync, sign } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An identity provider on loopback: serves its keys and signs tokens for whoever asks in the test. */
export interface TokenIssuer {
  /** Where the JSON Web Key Set is. */
  readonly keysUrl: string;
  /** A signed token; claims that are given replace the good ones. */
  token(claims?: Readonly<Record<string, unknown>>): string;
  close(): void;
}

const KEY_ID = 'test-key';

/** Starts an issuer of tokens for the subject `agent` and the audience `kafka`, which last ten minutes. */
export async function startTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...publicKey.export({ format: 'jwk' }), kid: KEY_ID, alg: 'ES256', use: 'sig' };
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [key] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const keysUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`;
  return {
    keysUrl,
    token: (claims = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const payload = { sub: 'agent', aud: 'kafka', iat: now, exp: now + 600, ...claims };
      const signed = `${encode({ alg: 'ES256', kid: KEY_ID })}.${encode(payload)}`;
      const signature = sign('sha256', Buffer.from(signed), {
        key: privateKey,
        dsaEncoding: 'ieee-p1363',
      });
      return `${signed}.${signature.toString('base64url')}`;
    },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

import { lookup as lookupName, type LookupAddress } from 'node:dns';
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import { AppError } from '@weirhouse/shared-kernel';
import { FORM_TYPE } from '../http/form-body.ts';
import { isPublicAddress } from './public-address.ts';

/** How long an issuer may take to answer, in milliseconds. */
const FETCH_MAX_MS = 5_000;
/** Largest answer that is read, in bytes: key sets have some 10 KB. */
const ANSWER_BYTES_MAX = 256 * 1024;

/** Where issuers may lie: on public addresses by https only, or anywhere. */
export type IssuerNetworks = 'public' | 'any';

/** A form that is posted, with HTTP Basic in base64 when the client has a secret. */
interface Posted {
  readonly form: URLSearchParams;
  readonly basic?: string;
}

/** Fetches JSON from an issuer; with a form it is posted. */
export type FetchJson = (url: string, posted?: Posted) => Promise<unknown>;

/**
 * Checks the form of an issuer's URL. What a name resolves to is checked at each connection, so that
 * a name cannot turn private later. Throws `invalid_argument` on the field.
 */
export function requireIssuerUrl(text: string, field: string, networks: IssuerNetworks): URL {
  const refuse = (reason: string): AppError =>
    new AppError('invalid_argument', `The URL ${text} ${reason}.`, { field });
  const url = URL.parse(text);
  if (url === null) throw refuse('is malformed');
  if (url.username !== '' || url.password !== '') throw refuse('must not hold credentials');
  if (url.hash !== '') throw refuse('must not hold a fragment');
  if (networks === 'any') return url;
  if (url.protocol !== 'https:') throw refuse('must begin with https://');
  if (isPrivateLiteral(url)) throw refuse('must not name a private address');
  return url;
}

/**
 * A fetch that reaches issuers and nothing else: no redirects, no private addresses, bounded in time
 * and size. Throws `unavailable`, whose message is for whoever set the URL up.
 */
export function createIssuerFetch(networks: IssuerNetworks): FetchJson {
  return async (text, posted) => {
    const url = requireIssuerUrl(text, '/jwks_uri', networks);
    const body = await readBody(url, networks, posted);
    try {
      return JSON.parse(body) as unknown;
    } catch (cause) {
      throw unreachableIssuer(url, 'answered with something that is not JSON', cause);
    }
  };
}

function readBody(url: URL, networks: IssuerNetworks, posted: Posted | undefined): Promise<string> {
  const request = url.protocol === 'http:' ? requestHttp : requestHttps;
  const options = {
    method: posted === undefined ? 'GET' : 'POST',
    headers: headersOf(posted),
    signal: AbortSignal.timeout(FETCH_MAX_MS),
    // A connection of its own: one kept from before might have been checked for another name.
    agent: false,
    ...(networks === 'any' ? {} : { lookup: publicLookup }),
  } as const;
  return new Promise((resolve, reject) => {
    const fail = (reason: string, cause?: unknown): void =>
      reject(unreachableIssuer(url, reason, cause));
    const sent = request(url, options, (answer) => {
      if (answer.statusCode !== 200) {
        fail(`answered with status ${answer.statusCode}`);
        answer.destroy();
        return;
      }
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes <= ANSWER_BYTES_MAX) return;
        fail(`answered with more than ${ANSWER_BYTES_MAX} bytes`);
        answer.destroy();
      });
      answer.on('end', () => resolve(Buffer.concat(chunks).toString()));
      answer.on('error', (cause) => fail('broke off its answer', cause));
    });
    sent.on('error', (cause) => fail('cannot be reached', cause));
    sent.end(posted?.form.toString());
  });
}

function headersOf(posted: Posted | undefined): Record<string, string> {
  return {
    accept: 'application/json',
    ...(posted === undefined ? {} : { 'content-type': FORM_TYPE }),
    ...(posted?.basic === undefined ? {} : { authorization: `Basic ${posted.basic}` }),
  };
}

type Done = (
  error: NodeJS.ErrnoException | null,
  address: string | LookupAddress[],
  family?: number,
) => void;

/** Resolves a name, and refuses it when any of its addresses is private. */
function publicLookup(name: string, options: object, done: Done): void {
  lookupName(name, { all: true }, (error, addresses) => {
    if (error !== null) return done(error, []);
    const [first] = addresses;
    if (first === undefined || !addresses.every(({ address }) => isPublicAddress(address)))
      return done(new Error(`${name} has a private address`), []);
    if ('all' in options && options.all === true) return done(null, addresses);
    return done(null, first.address, first.family);
  });
}

function isPrivateLiteral(url: URL): boolean {
  const host = url.hostname.replace(/^\[(.*)\]$/u, '$1');
  return isIP(host) !== 0 && !isPublicAddress(host);
}

function unreachableIssuer(url: URL, reason: string, cause?: unknown): AppError {
  return new AppError('unavailable', `The issuer's ${url.origin}${url.pathname} ${reason}.`, {
    cause,
  });
}

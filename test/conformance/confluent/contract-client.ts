// A client that holds every answer against the facts while it asks for something else.
import type { Quickstart } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import { faultsOf, findOperation, type Answer } from './check-answer.ts';
import { readFacts } from './facts.ts';

const FACTS = readFacts();

/** What a caller asks with; `undefined` sends no credential. */
export interface Credential {
  readonly id: string;
  readonly secret: string;
}

/** Asks a server; fails the test when the answer has not the published form. */
export type Call = (
  method: string,
  url: string,
  options?: { readonly body?: unknown; readonly credential?: Credential | undefined },
) => Promise<Answer>;

/** A client of the server that a quick start describes, with its Cloud key. */
export function contractClient({ apiUrl, cloudApiKey, cloudApiSecret }: Quickstart): Call {
  const own = { id: cloudApiKey, secret: cloudApiSecret };
  return async (method, url, options = {}) => {
    const credential = 'credential' in options ? options.credential : own;
    const response = await fetch(`${apiUrl}${url}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(credential === undefined ? {} : { authorization: basic(credential) }),
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const answer = { status: response.status, headers: response.headers, body };
    const operation = findOperation(FACTS, method, url.replace(/^\/api\//u, '/'));
    if (operation !== undefined)
      expect(faultsOf(operation, answer), `${method} ${url}: ${response.status}`).toEqual([]);
    return answer;
  };
}

function basic({ id, secret }: Credential): string {
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

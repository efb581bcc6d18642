// A client that holds every answer against the facts while it asks for something else.
import type { Quickstart } from '@weirhouse/testing-harness';
import { expect } from 'vitest';
import { differencesOf, fieldsIn, findOperation, type Answer } from './check-answer.ts';
import { findAnswerPurpose, type Purpose } from './differences.ts';
import { nameOf, readFacts } from './facts.ts';

const FACTS = readFacts();

/** An API key, or a token that is sent as Bearer. */
export type Credential =
  | { readonly id: string; readonly secret: string }
  | { readonly token: string };

export interface CallOptions {
  /** Sent as JSON; text is sent as it stands, a form as a form. */
  readonly body?: unknown;
  /** `undefined` = no credential; left out = the client's own. */
  readonly credential?: Credential | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a server; fails the test when the answer has not the published form. */
export type Call = (method: string, url: string, options?: CallOptions) => Promise<Answer>;

export interface ContractClient {
  /** With the Cloud key that the first start made. */
  readonly call: Call;
  /** By operation, the fields that good answers held so far. */
  readonly seen: ReadonlyMap<string, ReadonlySet<string>>;
  /** Why answers so far differed from the published form, where they did. */
  readonly purposes: ReadonlySet<Purpose>;
}

/** A client of the server that a quick start describes; it is asked for at each call. */
export function contractClient(quickstart: () => Quickstart): ContractClient {
  const seen = new Map<string, Set<string>>();
  const purposes = new Set<Purpose>();
  const call: Call = async (method, url, options = {}) => {
    const { apiUrl, cloudApiKey: id, cloudApiSecret: secret } = quickstart();
    const credential = 'credential' in options ? options.credential : { id, secret };
    const { body: sent } = options;
    const isForm = sent instanceof URLSearchParams;
    const response = await fetch(`${apiUrl}${url}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(credential === undefined ? {} : { authorization: headerOf(credential) }),
        ...(sent === undefined || isForm ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(sent === undefined ? {} : { body: isForm ? sent : textOf(sent) }),
    });
    const text = await response.text();
    const body = bodyIn(text, response.headers);
    const answer = { status: response.status, headers: response.headers, body };
    const operation = findOperation(FACTS, method, url.replace(/^\/api\//u, '/'));
    if (operation === undefined) return answer;
    const name = nameOf(operation);
    const faults: string[] = [];
    for (const difference of differencesOf(operation, answer)) {
      const purpose = findAnswerPurpose(name, difference);
      if (purpose === undefined) faults.push(`${difference.place}: ${difference.what}`);
      else purposes.add(purpose);
    }
    expect(faults, `${method} ${url}: ${response.status}`).toEqual([]);
    if (response.ok) {
      const held = [...(seen.get(name) ?? []), ...fieldsIn(operation, body)];
      seen.set(name, new Set(held));
    }
    return answer;
  };
  return { call, seen, purposes };
}

/** What is not JSON by its content type is left as text. */
function bodyIn(text: string, headers: Headers): unknown {
  if (text === '') return undefined;
  const isJson = headers.get('content-type')?.startsWith('application/json') === true;
  return isJson ? (JSON.parse(text) as unknown) : text;
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body);
}

function headerOf(credential: Credential): string {
  if ('token' in credential) return `Bearer ${credential.token}`;
  const { id, secret } = credential;
  return `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`;
}

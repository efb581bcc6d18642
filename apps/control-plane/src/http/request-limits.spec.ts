import { isAppError } from '@weirhouse/shared-kernel';
import { expect, test } from 'vitest';
import type { Identity } from '../auth/op-context.ts';
import { systemRandom } from '../ports.ts';
import { TEST_MASTER_KEY } from '../testing/test-app.ts';
import type { HttpReply } from './http-types.ts';
import { RequestLimits } from './request-limits.ts';

function identity(id: string, organizationId: string): Identity {
  const actor = { kind: 'User', id, name: `User:${id}` } as const;
  return { actor, organizationId, requestId: 'r', credential: 'cloud-key' };
}

/** One request: the headers of its answer, and the error when it is refused. */
type Ask = (
  id: string,
  organizationId: string,
) => {
  readonly headers: Readonly<Record<string, string>>;
  readonly error: unknown;
};

function limited(nowMs: () => number): Ask {
  const limits = new RequestLimits({
    clock: { wallMs: nowMs, monotonicMs: nowMs },
    random: systemRandom,
    masterKey: TEST_MASTER_KEY,
    requestRates: {
      caller: { burst: 2, perSecond: 1 },
      organization: { burst: 3, perSecond: 1 },
    },
  });
  return (id, organizationId) => {
    const headers: Record<string, string> = {};
    const reply: HttpReply = {
      sent: false,
      statusCode: 200,
      getHeaders: () => ({}),
      status: () => reply,
      header: (name, value) => {
        headers[name] = value;
        return reply;
      },
      send: () => undefined,
    };
    try {
      limits.require(identity(id, organizationId), reply);
      return { headers, error: undefined };
    } catch (error) {
      return { headers, error };
    }
  };
}

test('each answer says what is left, and a refusal when to come back', () => {
  let nowMs = 0;
  const ask = limited(() => nowMs);
  expect(ask('u-1', 'o-1')).toEqual({
    headers: {
      'x-ratelimit-limit': '2',
      'x-ratelimit-remaining': '1',
      'x-ratelimit-reset': '1',
    },
    error: undefined,
  });
  ask('u-1', 'o-1');
  const { error, headers } = ask('u-1', 'o-1');
  expect(headers['x-ratelimit-remaining']).toBe('0');
  expect(isAppError(error) && error.code).toBe('rate_limited');
  expect(isAppError(error) && error.cause).toEqual({ retryAfterMs: 1_000 });
  nowMs = 1_000;
  expect(ask('u-1', 'o-1').error).toBeUndefined();
});

test('callers of one organization share its limit, other organizations do not notice', () => {
  const ask = limited(() => 0);
  ask('u-1', 'o-1');
  ask('u-1', 'o-1');
  expect(ask('u-1', 'o-1').error).toBeDefined();
  expect(ask('u-2', 'o-1').error).toBeUndefined();
  const { error } = ask('u-2', 'o-1');
  expect(isAppError(error) && error.message).toContain('your organization');
  expect(ask('u-3', 'o-2').error).toBeUndefined();
});

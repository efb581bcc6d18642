import { AppError, type ErrorCode } from '@weirhouse/shared-kernel';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { failureFromError, failureOf, FailureSchema, problemsOf } from './errors.ts';

describe.each<{ code: ErrorCode; field?: string; status: number; word: string }>([
  { code: 'invalid_argument', field: 'page_size', status: 400, word: 'invalid_filter' },
  { code: 'invalid_argument', field: '/spec/cloud', status: 422, word: 'invalid_configuration' },
  { code: 'unauthenticated', status: 401, word: 'user_unauthenticated' },
  { code: 'quota_exceeded', status: 402, word: 'quota_exceeded' },
  { code: 'forbidden', status: 403, word: 'user_unauthorized' },
  { code: 'not_found', status: 404, word: 'resource_not_found' },
  { code: 'already_exists', status: 409, word: 'resource_already_exists' },
  { code: 'failed_precondition', status: 409, word: 'resource_conflict' },
  { code: 'rate_limited', status: 429, word: 'rate_limit_exceeded' },
  { code: 'unavailable', status: 503, word: 'service_unavailable' },
  { code: 'timeout', status: 504, word: 'timeout' },
])('$code ($field)', ({ code, field, status, word }) => {
  test(`is answered with ${status} ${word}`, () => {
    const error = new AppError(code, 'what to do', field === undefined ? {} : { field });
    const answer = failureFromError(error, 'request-1');
    expect(answer.status).toBe(status);
    const [item] = FailureSchema.parse(answer.body).errors;
    expect(item).toMatchObject({ id: 'request-1', status: `${status}`, code: word });
    expect(item?.detail).toBe('what to do');
  });
});

test.each([
  new AppError('internal', 'table x is broken'),
  new AppError('storage', 'disk /dev/sda is gone'),
  new AppError('corrupt', 'key file is damaged'),
  new Error('password hunter2'),
  'thrown text',
  undefined,
])('what is our fault (%s) tells people only where to ask', (error) => {
  const { status, body } = failureFromError(error, 'request-2');
  expect(status).toBe(500);
  expect(body.errors[0]?.detail).toBe(
    'Something went wrong on our side; the log has it under request request-2.',
  );
});

test('places in a body are JSON pointers, places in a query are names', () => {
  const schema = z.object({ spec: z.object({ 'a/b~c': z.string() }), list: z.array(z.int()) });
  const { error } = schema.safeParse({ spec: {}, list: [1, 'x'] });
  const problems = problemsOf(error?.issues ?? [], 'body');
  expect(problems.map(({ pointer }) => pointer)).toEqual(['/spec/a~1b~0c', '/list/1']);
  expect(problems[0]?.detail).toBe('spec.a/b~c is required.');
  const query = z.object({ environment: z.string() }).safeParse({});
  expect(problemsOf(query.error?.issues ?? [], 'query')).toEqual([
    { parameter: 'environment', detail: 'environment is required.' },
  ]);
});

test('a problem without a place has an empty source, never a null', () => {
  const { body } = failureOf(404, [{ detail: 'gone' }], { requestId: 'r' });
  expect(JSON.stringify(body)).toContain('"source":{}');
});

import { expect, test } from 'vitest';
import { brokerCalls } from './broker-calls.ts';
import { inScope } from './op-scope.ts';

const onRequest = brokerCalls('weirhouse-rest');

test('a call to a broker carries the id of the request that it is for', () => {
  const call = inScope({ requestId: 'abc' }, () => onRequest('CreateTopics'));
  expect(call.clientId).toBe('weirhouse-rest/abc');
});

test.each(['Produce', 'Fetch'])('%s keeps the client id, because quotas go by it', (api) => {
  expect(inScope({ requestId: 'abc' }, () => onRequest(api)).clientId).toBeUndefined();
});

test('what nobody asked for keeps the client id', () => {
  expect(onRequest('CreateTopics').clientId).toBeUndefined();
});

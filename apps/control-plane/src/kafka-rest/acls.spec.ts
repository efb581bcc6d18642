import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  KAFKA_SETUP_MAX_MS,
  startKafkaRest,
  type KafkaRest,
  type TestKey,
} from '../testing/kafka-rest.ts';

let rest: KafkaRest;
let reader: TestKey;

beforeAll(async () => {
  rest = await startKafkaRest();
  reader = await rest.newKey();
  for (const topic_name of ['orders', 'orders-dlq']) await call('POST', '/topics', { topic_name });
}, KAFKA_SETUP_MAX_MS);

afterAll(async () => {
  await rest.stop();
});

function call(method: string, path: string, body?: unknown) {
  return rest.call(rest.owner, method, path, body);
}

function acl(changes: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    resource_type: 'TOPIC',
    resource_name: 'orders',
    pattern_type: 'LITERAL',
    principal: reader.principal,
    host: '*',
    operation: 'READ',
    permission: 'ALLOW',
    ...changes,
  };
}

function queryOf(filter: Readonly<Record<string, string>>): string {
  return new URLSearchParams(filter).toString();
}

async function find(filter: Readonly<Record<string, string>>): Promise<readonly unknown[]> {
  const answer = await call('GET', `/acls?${queryOf(filter)}`);
  expect([answer.status, answer.body]).toMatchObject([200, { kind: 'KafkaAclList' }]);
  return (answer.body as { readonly data: readonly unknown[] }).data;
}

describe('ACLs', () => {
  it('open and close what they say, at once', async () => {
    expect((await rest.call(reader, 'GET', '/topics/orders')).status).toBe(403);
    const created = await call('POST', '/acls', acl());
    expect([created.status, created.body]).toEqual([201, undefined]);
    expect((await rest.call(reader, 'GET', '/topics/orders')).status).toBe(200);
    expect((await rest.call(reader, 'GET', '/topics/orders-dlq')).status).toBe(403);
    expect(await find(acl())).toMatchObject([
      { kind: 'KafkaAcl', cluster_id: rest.clusterId, ...acl() },
    ]);
    const deleted = await call('DELETE', `/acls?${queryOf(acl())}`);
    expect([deleted.status, deleted.body]).toMatchObject([200, { data: [acl()] }]);
    expect(await find(acl())).toEqual([]);
    expect((await rest.call(reader, 'GET', '/topics/orders')).status).toBe(403);
    const again = await call('DELETE', `/acls?${queryOf(acl())}`);
    expect(again.body).toEqual({ data: [] });
  });

  it('are made many at once, and found by any of their fields', async () => {
    const wide = acl({ pattern_type: 'PREFIXED', operation: 'DESCRIBE' });
    const denied = acl({ permission: 'DENY', operation: 'WRITE' });
    const batch = await call('POST', '/acls:batch', { data: [acl(), wide, denied] });
    expect([batch.status, batch.body]).toEqual([201, undefined]);
    const { principal } = reader;
    expect(await find({ principal })).toHaveLength(3);
    expect(await find({ principal, permission: 'DENY' })).toMatchObject([denied]);
    expect(await find({ principal, pattern_type: 'PREFIXED' })).toMatchObject([wide]);
    expect(await find({ principal, pattern_type: 'ANY', operation: 'ANY' })).toHaveLength(3);
    const match = { principal, pattern_type: 'MATCH', resource_name: 'orders-dlq' };
    expect(await find({ ...match, resource_type: 'TOPIC' })).toMatchObject([wide]);
    const every = { pattern_type: 'ANY', resource_type: 'ANY', operation: 'ANY' };
    const filter = queryOf({ ...every, permission: 'ANY', principal });
    expect((await call('DELETE', `/acls?${filter}`)).body).toMatchObject({
      data: [{ principal }, { principal }, { principal }],
    });
    expect(await find({ principal })).toEqual([]);
  });

  it('that roles mean are neither shown nor deleted here', async () => {
    const binding = {
      resourceType: 'topic',
      resourceName: 'by-role',
      patternType: 'literal',
      principal: reader.principal,
      host: '*',
      operation: 'read',
      permission: 'allow',
    } as const;
    await rest.admin.createAcls([binding], { origin: 'role-binding' });
    const filter = acl({ resource_name: 'by-role' });
    expect(await find(filter)).toEqual([]);
    const deleted = await call('DELETE', `/acls?${queryOf(filter)}`);
    expect(deleted.body).toEqual({ data: [] });
    const left = await rest.admin.describeAcls(
      { resourceName: 'by-role' },
      { origin: 'role-binding' },
    );
    expect(left).toHaveLength(1);
  });

  it.each([
    ['resource_type', 'ANY'],
    ['resource_type', 'TOPICS'],
    ['pattern_type', 'MATCH'],
    ['operation', 'ANY'],
    ['permission', 'UNKNOWN'],
    ['principal', 'nobody'],
  ])('are refused with a %s of %s', async (field, word) => {
    const refused = await call('POST', '/acls', acl({ [field]: word }));
    expect([refused.status, refused.body]).toMatchObject([400, { error_code: 40002 }]);
    expect(await find({ principal: reader.principal, resource_name: 'orders' })).toEqual([]);
  });

  it('are not deleted by a filter that leaves words out, or found by unknown words', async () => {
    const { permission: _, ...less } = acl();
    expect((await call('DELETE', `/acls?${queryOf(less)}`)).status).toBe(400);
    expect((await call('GET', '/acls?operation=read')).status).toBe(400);
    expect((await call('GET', '/acls?operation=UNKNOWN')).status).toBe(400);
  });
});

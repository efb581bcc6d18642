import { expect } from 'vitest';
import { memberWith } from '../members.ts';
import type { Acl } from '../operations.ts';
import { expectRefusal, expectValues, someRecords, valuesOf, type Scenarios } from '../scenario.ts';

export const adminScenarios: Scenarios<
  | 'cluster-describe'
  | 'configs-describe'
  | 'configs-alter'
  | 'groups-list'
  | 'groups-delete'
  | 'records-delete'
  | 'acls-manage'
  | 'users-scram'
  | 'quotas-manage'
> = {
  'cluster-describe': async ({ client }) => {
    const { id, brokers } = await client.call('cluster', {});
    expect(brokers).toEqual([1]);
    expect(id).toMatch(/^[\w-]{10,}$/);
  },
  'configs-describe': async ({ client, topic: newTopic }) => {
    const { configs } = await client.call('topic-configs', { topic: await newTopic() });
    expect(configs).toMatchObject({ 'cleanup.policy': 'delete', 'retention.ms': '604800000' });
  },
  'configs-alter': async ({ client, topic: newTopic }) => {
    const topic = await newTopic();
    await client.call('set-topic-config', { topic, name: 'retention.ms', value: '3600000' });
    const { configs } = await client.call('topic-configs', { topic });
    expect(configs['retention.ms']).toBe('3600000');
    await expectRefusal(
      client.call('set-topic-config', { topic, name: 'retention.ms', value: 'soon' }),
      /invalid|config/i,
    );
  },
  'groups-list': async ({ client, topic: newTopic, name }) => {
    const [topic, group] = [await newTopic(), name()];
    await client.call('member-start', {
      member: group,
      group,
      topics: [topic],
      protocol: 'classic',
      sessionTimeoutMs: 6000,
    });
    await memberWith('a member with its partition', {
      driver: client,
      member: group,
      until: ({ assigned }) => assigned.length === 1,
    });
    expect((await client.call('groups', {})).groups).toContain(group);
    const described = await client.call('describe-group', { group });
    expect(described).toEqual({ state: expect.stringMatching(/^stable$/i) as string, members: 1 });
    await client.call('member-stop', { member: group });
  },
  'groups-delete': async ({ client, checker, topic: newTopic, name }) => {
    const [topic, group] = [await newTopic(), name()];
    await checker.call('produce', { topic, records: someRecords(3) });
    await client.call('commit', { topic, group, offsets: { 0: 3 } });
    expect((await client.call('groups', {})).groups).toContain(group);
    await client.call('delete-group', { group });
    expect((await client.call('groups', {})).groups).not.toContain(group);
  },
  'records-delete': async ({ client, checker, topic: newTopic }) => {
    const topic = await newTopic();
    await checker.call('produce', { topic, records: someRecords(10) });
    await client.call('delete-records', { topic, partition: 0, before: 7 });
    await expectValues(checker, topic, valuesOf(someRecords(10)).slice(7));
  },
  'acls-manage': async ({ client, name }) => {
    const prefix = name();
    const acl = (operation: Acl['operation'], permission: Acl['permission']): Acl => ({
      principal: 'User:reader',
      resource: 'topic',
      name: prefix,
      pattern: 'prefixed',
      operation,
      permission,
    });
    const [allow, deny] = [acl('read', 'allow'), acl('write', 'deny')];
    await client.call('acl-create', allow);
    await client.call('acl-create', deny);
    const listed = async () => (await client.call('acls', { name: prefix })).acls;
    expect(await listed()).toEqual(expect.arrayContaining([allow, deny]));
    expect(await listed()).toHaveLength(2);
    await client.call('acl-delete', deny);
    expect(await listed()).toEqual([allow]);
  },
  'users-scram': async ({ client, as, name }) => {
    const login = { username: name(), password: 'a new secret' };
    const mechanism = 'SCRAM-SHA-512';
    await client.call('user-create', { name: login.username, password: login.password, mechanism });
    expect((await client.call('users', {})).users[login.username]).toEqual([mechanism]);
    await client.call('list-topics', {}, as({ ...login, mechanism }));
    await expectRefusal(
      client.call('list-topics', {}, as({ ...login, password: 'another', mechanism })),
      /auth|time/i,
    );
  },
  'quotas-manage': async ({ client, name }) => {
    const user = name();
    await client.call('quota-set', { user, key: 'producer_byte_rate', value: 1_000_000 });
    expect((await client.call('quotas', { user })).quotas).toEqual({
      producer_byte_rate: 1_000_000,
    });
  },
};

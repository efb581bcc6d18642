import { expect, it } from 'vitest';

import {
  AclOperation,
  AclPatternType,
  AclPermission,
  AclResourceType,
} from '@weirhouse/broker-metadata';

import { hostAddress } from './host-address.ts';
import { apiCalls } from './testing/api-calls.ts';
import { PLAIN_LISTENER, TestTube } from './testing/test-tube.ts';

it.each([
  ['10.0.0.7', '10.0.0.7'],
  ['::ffff:10.0.0.7', '10.0.0.7'],
  ['::1', '0:0:0:0:0:0:0:1'],
  ['::', '0:0:0:0:0:0:0:0'],
  ['2001:DB8::a:0', '2001:db8:0:0:0:0:a:0'],
  ['2001:0db8:0000:0:0:0:000a:0', '2001:db8:0:0:0:0:a:0'],
  ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1%eth0'],
  ['', ''],
])('%j is %j, as Java writes it', (address, written) => {
  expect(hostAddress(address)).toBe(written);
});

it('an ACL for a host is for that host only, in the form that Kafka compares', () => {
  const acl = {
    resourceType: AclResourceType.TOPIC,
    resourceName: 't',
    patternType: AclPatternType.LITERAL,
    principal: 'User:ANONYMOUS',
    host: '0:0:0:0:0:0:0:1',
    operation: AclOperation.CREATE,
    permissionType: AclPermission.ALLOW,
  };
  const settings = { 'allow.everyone.if.no.acl.found': 'false' };
  const tube = new TestTube({ acls: [acl], settings });
  const create = (host: string) => {
    const topic = {
      name: 't',
      numPartitions: 1,
      replicationFactor: 1,
      assignments: [],
      configs: [],
    };
    const client = tube.connect(PLAIN_LISTENER, host);
    return client.call(apiCalls.createTopics, 5, { topics: [topic] }).topics[0]?.errorCode;
  };
  expect([create('::2'), create('10.0.0.1'), create('::1')]).toEqual([29, 29, 0]);
});

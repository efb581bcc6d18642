import { startBroker, temporaryFolder } from '@weirhouse/testing-harness';
import {
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  Kafka,
  logLevel,
  ResourcePatternTypes,
} from 'kafkajs';
import { expect, onTestFinished, test } from 'vitest';

test('an ACL for somebody else does not lock the users of a plaintext broker out', async () => {
  const folder = temporaryFolder('open');
  onTestFinished(folder.remove);
  const broker = await startBroker({ dir: `${folder.path}/data` });
  const admin = new Kafka({
    brokers: [broker.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 0 },
  }).admin();
  await admin.connect();
  const acl = {
    resourceType: AclResourceTypes.CLUSTER,
    resourceName: 'kafka-cluster',
    resourcePatternType: ResourcePatternTypes.LITERAL,
    principal: 'User:agent',
    host: '*',
    operation: AclOperationTypes.DESCRIBE,
    permissionType: AclPermissionTypes.ALLOW,
  };
  await admin.createAcls({ acl: [acl] });
  const found = await admin.describeAcls({
    resourceType: AclResourceTypes.ANY,
    resourcePatternType: ResourcePatternTypes.ANY,
    operation: AclOperationTypes.ANY,
    permissionType: AclPermissionTypes.ANY,
  });
  expect(found.resources.map(({ resourceName }) => resourceName)).toEqual(['kafka-cluster']);
  await admin.createTopics({ topics: [{ topic: 'still-open' }] });
  expect(await admin.listTopics()).toEqual(['still-open']);
  await admin.disconnect();
  broker.kill('SIGTERM');
  await broker.exited();
});

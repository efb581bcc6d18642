import { AclOperation, AclResourceType } from '@weirhouse/broker-metadata';

import { cluster, GROUP, group, need, row, topic, TOPIC, type AccessRow } from './access-row.ts';
import { apiCalls } from './api-calls.ts';

const { ALTER, ALTER_CONFIGS, DESCRIBE, DESCRIBE_CONFIGS } = AclOperation;
const ConfigType = { TOPIC: 2, BROKER: 4, GROUP: 32 } as const;

const anyAcl = {
  resourceTypeFilter: 1,
  resourceNameFilter: null,
  patternTypeFilter: 1,
  principalFilter: 'User:nobody',
  hostFilter: null,
  operation: 1,
  permissionType: 1,
};
const newAcl = {
  resourceType: AclResourceType.TOPIC,
  resourceName: 'of-nobody',
  resourcePatternType: 3,
  principal: 'User:nobody',
  host: '*',
  operation: AclOperation.READ,
  permissionType: 3,
  origin: null,
};

const configs: readonly never[] = [];
const ofTopic = { resourceType: ConfigType.TOPIC, resourceName: TOPIC };
const ofBrokers = { resourceType: ConfigType.BROKER, resourceName: '' };
const ofGroup = { resourceType: ConfigType.GROUP, resourceName: GROUP };
const CONFIG_RESOURCES = [
  ['of a topic', ofTopic, topic],
  ['of brokers', ofBrokers, cluster],
  ['of a group', ofGroup, group],
] as const;

/** Settings belong to the topic or the group; those of brokers to the cluster. */
const CONFIG_ROWS: readonly AccessRow[] = CONFIG_RESOURCES.flatMap(([as, resource, on]) => [
  row(apiCalls.describeConfigs, {
    as,
    version: 1,
    message: { resources: [{ ...resource, configurationKeys: null }] },
    errorOf: ({ results }) => results[0]?.errorCode,
    needs: [need(on(DESCRIBE_CONFIGS))],
  }),
  row(apiCalls.alterConfigs, {
    as,
    version: 1,
    message: { resources: [{ ...resource, configs }] },
    errorOf: ({ responses }) => responses[0]?.errorCode,
    needs: [need(on(ALTER_CONFIGS))],
  }),
  row(apiCalls.incrementalAlterConfigs, {
    as,
    version: 1,
    message: { resources: [{ ...resource, configs }] },
    errorOf: ({ responses }) => responses[0]?.errorCode,
    needs: [need(on(ALTER_CONFIGS))],
  }),
]);

/** Rows of the APIs about settings, ACLs, credentials and the cluster itself. */
export const CLUSTER_ROWS: readonly AccessRow[] = [
  ...CONFIG_ROWS,
  row(apiCalls.describeAcls, {
    version: 1,
    message: anyAcl,
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(cluster(DESCRIBE))],
  }),
  row(apiCalls.createAcls, {
    version: 1,
    message: { creations: [newAcl] },
    errorOf: ({ results }) => results[0]?.errorCode,
    needs: [need(cluster(ALTER))],
  }),
  row(apiCalls.deleteAcls, {
    version: 1,
    message: { filters: [anyAcl] },
    errorOf: ({ filterResults }) => filterResults[0]?.errorCode,
    needs: [need(cluster(ALTER))],
  }),
  row(apiCalls.describeUserScramCredentials, {
    version: 0,
    message: { users: [{ name: 'nobody' }] },
    errorOf: ({ errorCode }) => errorCode,
    needs: [need(cluster(DESCRIBE))],
  }),
  row(apiCalls.alterUserScramCredentials, {
    version: 0,
    message: { deletions: [{ name: 'nobody', mechanism: 1 }] },
    errorOf: ({ results }) => results[0]?.errorCode,
    needs: [need(cluster(ALTER))],
  }),
];

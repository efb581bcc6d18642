import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AclPermission } from '../acl-model.ts';
import { ConfigResourceType } from '../configs/resolver.ts';
import { createAcls, deleteAcls } from '../controller/acls.ts';
import { incrementalAlterConfigs } from '../controller/alter-configs.ts';
import { fenceBroker, registerBroker, unfenceBroker } from '../controller/brokers.ts';
import { createPartitions } from '../controller/create-partitions.ts';
import { createTopics } from '../controller/create-topics.ts';
import { deleteTopics } from '../controller/delete-topics.ts';
import { allocateProducerIds } from '../controller/producer-ids.ts';
import { alterUserScramCredentials } from '../controller/scram-credentials.ts';
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from '../records.ts';
import {
  CLUSTER_ID,
  clusterOf,
  registrationOf,
  shapeOnlyCrypto,
  type SpecCluster,
  topicsRequest,
} from '../spec-builders.ts';
import { MetadataImage } from './metadata-image.ts';
import { snapshotRecords } from './snapshot.ts';

/** All an image holds, in an order that does not depend on its history. */
function contentOf(image: MetadataImage): unknown {
  const users = image.credentials.users();
  return {
    brokers: sorted(image.brokers.list()),
    topics: sorted(image.topics.values()),
    configs: sorted(image.configs.list()),
    credentials: sorted(users.flatMap((user) => image.credentials.of(user))),
    acls: sorted(image.acls.values()),
    features: sorted(image.features),
    nextProducerId: image.nextProducerId,
    partitionCount: image.topics.partitionCount,
    sizes: [image.acls.size, image.credentials.size, image.topics.size],
  };
}

function sorted(values: Iterable<unknown>): readonly unknown[] {
  return [...values]
    .map((value) => [JSON.stringify(value), value] as const)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);
}

function imageOf(log: readonly Buffer[]): MetadataImage {
  const image = new MetadataImage({ clusterId: CLUSTER_ID });
  for (const bytes of log) image.replay(decodeMetadataRecord(bytes));
  return image;
}

type Operation = (cluster: SpecCluster) => void;

const names = fc.constantFrom('a', 'b', 'a.b', 'a_b', 'bad name', 'c');
const brokerIds = fc.nat(3);

const topicOperations: readonly fc.Arbitrary<Operation>[] = [
  fc
    .tuple(names, fc.integer({ min: -1, max: 5 }), fc.integer({ min: -1, max: 4 }))
    .map(([name, numPartitions, replicationFactor]): Operation => (cluster) => {
      const configs = numPartitions > 2 ? [{ name: 'segment.ms', value: '5' }] : [];
      const request = topicsRequest({ name, numPartitions, replicationFactor, configs });
      cluster.run(createTopics(cluster.context, request));
    }),
  fc.tuple(names, fc.nat(9)).map(([name, count]): Operation => (cluster) => {
    const topics = [{ name, count, assignments: null }];
    const request = { topics, timeoutMs: 0, validateOnly: false };
    cluster.run(createPartitions(cluster.context, request));
  }),
  names.map((name): Operation => (cluster) => {
    const request = { topics: [], topicNames: [name], timeoutMs: 0 };
    cluster.run(deleteTopics(cluster.context, request));
  }),
  fc
    .tuple(
      names,
      fc.constantFrom('retention.ms', 'cleanup.policy', 'no.such'),
      fc.nat(3),
      fc.constantFrom('compact', 'delete', '7'),
    )
    .map(([resourceName, name, configOperation, value]): Operation => (cluster) => {
      const resourceType = ConfigResourceType.TOPIC;
      const configs = [{ name, configOperation, value }];
      const resources = [{ resourceType, resourceName, configs }];
      const request = { resources, validateOnly: false };
      cluster.run(incrementalAlterConfigs(cluster.context, request));
    }),
];

const brokerOperations: readonly fc.Arbitrary<Operation>[] = [
  fc.tuple(brokerIds, fc.boolean()).map(([id, fenced]): Operation => (cluster) => {
    const options = { brokerEpoch: cluster.log.length, sessionAlive: false, fenced };
    cluster.run(registerBroker(cluster.context, registrationOf(id), options));
  }),
  brokerIds.map(
    (id): Operation =>
      (cluster) =>
        cluster.commit(fenceBroker(cluster.context, id)),
  ),
  brokerIds.map(
    (id): Operation =>
      (cluster) =>
        cluster.commit(unfenceBroker(cluster.context, id)),
  ),
  brokerIds.map((brokerId): Operation => (cluster) => {
    const brokerEpoch = cluster.image.brokers.find(brokerId)?.epoch ?? -1;
    cluster.run(allocateProducerIds(cluster.context, { brokerId, brokerEpoch }));
  }),
];

const securityOperations: readonly fc.Arbitrary<Operation>[] = [
  fc
    .tuple(names, fc.integer({ min: 1, max: 3 }), fc.boolean())
    .map(([name, mechanism, remove]): Operation => (cluster) => {
      const salt = Buffer.from('salt');
      const saltedPassword = Buffer.from(name);
      const credential = { name, mechanism, iterations: 4096, salt, saltedPassword };
      const request = remove
        ? { deletions: [{ name, mechanism }], upsertions: [] }
        : { deletions: [], upsertions: [{ ...credential, principal: `User:of-${name}` }] };
      const protectedUsers = new Set<string>();
      const options = { crypto: shapeOnlyCrypto, fromPlatform: true, protectedUsers };
      cluster.run(alterUserScramCredentials(cluster.context, request, options));
    }),
  fc
    .tuple(names, fc.constantFrom(3, 4), fc.constantFrom(null, 'rb-1'))
    .map(([resourceName, resourcePatternType, origin]): Operation => (cluster) => {
      const who = { principal: 'User:agent', host: '*', origin };
      const what = { operation: 3, permissionType: AclPermission.ALLOW };
      const creation = { resourceType: 2, resourceName, resourcePatternType, ...who, ...what };
      const request = { creations: [creation] };
      cluster.run(createAcls(cluster.context, request, { fromPlatform: true }));
    }),
  names.map((resourceNameFilter): Operation => (cluster) => {
    const anyone = { principalFilter: null, hostFilter: null, operation: 1, permissionType: 1 };
    const filter = { resourceTypeFilter: 1, patternTypeFilter: 1, resourceNameFilter, ...anyone };
    cluster.run(deleteAcls(cluster.context, { filters: [filter] }, { fromPlatform: false }));
  }),
];

const operations = fc.oneof(...topicOperations, ...brokerOperations, ...securityOperations);

describe('the metadata log', () => {
  it('rebuilds the same image from its bytes, and so does a snapshot of it', () => {
    const property = fc.property(fc.array(operations, { maxLength: 40 }), (script) => {
      const cluster = clusterOf(2);
      for (const operate of script) operate(cluster);
      const live = contentOf(cluster.image);
      const rebuilt = contentOf(imageOf(cluster.log));
      const records: MetadataRecord[] = [...snapshotRecords(cluster.image)];
      const restored = contentOf(imageOf(records.map((record) => encodeMetadataRecord(record))));
      expect(rebuilt).toEqual(live);
      expect(restored).toEqual(live);
    });
    fc.assert(property, { seed: 21, numRuns: 300 });
    expect.hasAssertions();
  });

  it('never leaves a partition led by a broker that is fenced or not in sync', () => {
    const property = fc.property(fc.array(operations, { maxLength: 40 }), (script) => {
      const { image } = script.reduce((cluster, operate) => {
        operate(cluster);
        return cluster;
      }, clusterOf(2));
      return [...image.topics.values()].every(({ partitions }) =>
        partitions.every(({ leader, isr, replicas }) => {
          const leads =
            leader === -1 || (isr.includes(leader) && image.brokers.find(leader)?.fenced === false);
          return leads && isr.length > 0 && isr.every((id) => replicas.includes(id));
        }),
      );
    });
    expect(() => fc.assert(property, { seed: 22, numRuns: 300 })).not.toThrow();
  });

  it('counts partitions and credentials right whatever happens', () => {
    const property = fc.property(fc.array(operations, { maxLength: 40 }), (script) => {
      const { image } = script.reduce((cluster, operate) => {
        operate(cluster);
        return cluster;
      }, clusterOf(2));
      const topics = [...image.topics.values()];
      const partitions = topics.reduce((sum, topic) => sum + topic.partitions.length, 0);
      const credentials = image.credentials.users().flatMap((user) => image.credentials.of(user));
      return (
        image.topics.partitionCount === partitions && image.credentials.size === credentials.length
      );
    });
    expect(() => fc.assert(property, { seed: 23, numRuns: 200 })).not.toThrow();
  });
});

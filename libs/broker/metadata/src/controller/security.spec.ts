import { KafkaError } from '@weirhouse/kafka-protocol';
import { defaultAlterUserScramCredentialsRequestScramCredentialUpsertion as defaultUpsertion } from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import type { CreateAclsRequestAclCreation } from '@weirhouse/kafka-protocol/messages/create-acls-request';
import type { DeleteAclsFilter } from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import { describe, expect, it } from 'vitest';
import { AclOperation, AclPatternType, AclPermission, AclResourceType } from '../acl-model.ts';
import { describeAcls } from '../describe/describe-acls.ts';
import { describeUserScramCredentials } from '../describe/describe-scram.ts';
import { extensionText, readExtensionText } from '../extension-tags.ts';
import { deriveScramKeys } from '../sasl/scram-crypto.ts';
import { clusterOf, shapeOnlyCrypto, type SpecCluster } from '../spec-builders.ts';
import { createAcls, deleteAcls } from './acls.ts';
import { alterUserScramCredentials, type ScramUpsertion } from './scram-credentials.ts';

const SHA_256 = 1;
const SHA_512 = 2;

function upsertionOf(change: Partial<ScramUpsertion> = {}): ScramUpsertion {
  return {
    ...defaultUpsertion(),
    name: 'agent',
    mechanism: SHA_256,
    iterations: 4096,
    salt: Buffer.from('salt'),
    saltedPassword: Buffer.from('salted'),
    ...change,
  };
}

interface ScramChange {
  readonly upsertions?: readonly ScramUpsertion[];
  readonly deletions?: readonly { readonly name: string; readonly mechanism: number }[];
}

function alterScram(cluster: SpecCluster, change: ScramChange, fromPlatform = false) {
  const request = { deletions: [], upsertions: [], ...change };
  const protectedUsers = new Set(['internal']);
  const options = { crypto: shapeOnlyCrypto, fromPlatform, protectedUsers };
  return cluster.run(alterUserScramCredentials(cluster.context, request, options)).results;
}

describe('alterUserScramCredentials', () => {
  it('stores keys derived from the salted password, and not the password', () => {
    const cluster = clusterOf(0);
    alterScram(cluster, { upsertions: [upsertionOf()] });
    expect(cluster.image.credentials.find('agent', SHA_256)).toEqual({
      user: 'agent',
      mechanism: SHA_256,
      salt: Buffer.from('salt'),
      iterations: 4096,
      principal: null,
      ...deriveScramKeys(shapeOnlyCrypto, 'sha256', Buffer.from('salted')),
    });
  });

  it('alters both mechanisms of a user in one request, and answers once', () => {
    const cluster = clusterOf(0);
    const upsertions = [upsertionOf(), upsertionOf({ mechanism: SHA_512 })];
    const results = alterScram(cluster, { upsertions });
    expect(results).toEqual([{ user: 'agent', errorCode: 0, errorMessage: null }]);
    alterScram(cluster, { deletions: [{ name: 'agent', mechanism: SHA_256 }] });
    expect(cluster.image.credentials.of('agent').map(({ mechanism }) => mechanism)).toEqual([2]);
  });

  it.each<[string, ScramChange, number]>([
    [
      'a deletion of nothing',
      { deletions: [{ name: 'agent', mechanism: SHA_512 }] },
      KafkaError.RESOURCE_NOT_FOUND,
    ],
    [
      'an unknown mechanism',
      { upsertions: [upsertionOf({ mechanism: 3 })] },
      KafkaError.UNSUPPORTED_SASL_MECHANISM,
    ],
    [
      'an unknown mechanism to delete',
      { deletions: [{ name: 'agent', mechanism: 0 }] },
      KafkaError.UNSUPPORTED_SASL_MECHANISM,
    ],
    [
      'the same credential twice',
      { upsertions: [upsertionOf(), upsertionOf()] },
      KafkaError.DUPLICATE_RESOURCE,
    ],
    [
      'a deletion and an upsertion of the same',
      { upsertions: [upsertionOf()], deletions: [{ name: 'agent', mechanism: SHA_256 }] },
      KafkaError.DUPLICATE_RESOURCE,
    ],
    ['too few iterations', { upsertions: [upsertionOf({ iterations: 4095 })] }, 93],
    ['too many iterations', { upsertions: [upsertionOf({ iterations: 16_385 })] }, 93],
    ['no salt', { upsertions: [upsertionOf({ salt: Buffer.alloc(0) })] }, 93],
    ['no password', { upsertions: [upsertionOf({ saltedPassword: Buffer.alloc(0) })] }, 93],
    ['no name', { upsertions: [upsertionOf({ name: '' })] }, 93],
    [
      'one wrong alteration of two',
      { upsertions: [upsertionOf(), upsertionOf({ mechanism: SHA_512, iterations: 1 })] },
      KafkaError.UNACCEPTABLE_CREDENTIAL,
    ],
  ])('refuses %s and changes nothing', (_, change, expected) => {
    const cluster = clusterOf(0);
    const results = alterScram(cluster, change);
    expect(results).toMatchObject([{ errorCode: expected }]);
    expect(cluster.image.credentials.size).toBe(0);
  });

  it('does right by one user when another is wrong', () => {
    const cluster = clusterOf(0);
    const upsertions = [upsertionOf(), upsertionOf({ name: 'robot', iterations: 1 })];
    expect(alterScram(cluster, { upsertions }).map(({ errorCode }) => errorCode)).toEqual([0, 93]);
    expect(cluster.image.credentials.users()).toEqual(['agent']);
  });

  it('lets only the platform say whom a credential acts as', () => {
    const cluster = clusterOf(0);
    const upsertions = [upsertionOf({ principal: 'User:root' })];
    expect(alterScram(cluster, { upsertions })).toMatchObject([{ errorCode: 31 }]);
    expect(alterScram(cluster, { upsertions }, true)).toMatchObject([{ errorCode: 0 }]);
    expect(cluster.image.credentials.find('agent', SHA_256)?.principal).toBe('User:root');
  });

  it('guards what the platform made, and the internal users, from others', () => {
    const cluster = clusterOf(0);
    const made = [upsertionOf({ principal: 'User:sa-1' }), upsertionOf({ name: 'internal' })];
    alterScram(cluster, { upsertions: made }, true);
    const takeOver = [upsertionOf(), upsertionOf({ name: 'internal' })];
    const results = alterScram(cluster, { upsertions: takeOver });
    expect(results.map(({ errorCode }) => errorCode)).toEqual([31, 31]);
    const deletions = [{ name: 'agent', mechanism: SHA_256 }];
    expect(alterScram(cluster, { deletions })).toMatchObject([{ errorCode: 31 }]);
    expect(alterScram(cluster, { deletions }, true)).toMatchObject([{ errorCode: 0 }]);
  });
});

describe('describeUserScramCredentials', () => {
  function described(cluster: SpecCluster, names: readonly string[] | null, fromPlatform = false) {
    const users = names?.map((name) => ({ name })) ?? null;
    const { credentials } = cluster.image;
    return describeUserScramCredentials(credentials, { users }, { fromPlatform }).results;
  }

  it('shows mechanisms and iterations, and the principal to the platform only', () => {
    const cluster = clusterOf(0);
    const upsertions = [upsertionOf({ principal: 'User:sa-1', iterations: 8192 })];
    alterScram(cluster, { upsertions }, true);
    expect(described(cluster, null)).toEqual([
      {
        user: 'agent',
        errorCode: 0,
        errorMessage: null,
        credentialInfos: [{ mechanism: 1, iterations: 8192, unknownTaggedFields: undefined }],
      },
    ]);
    const [info] = described(cluster, [], true)[0]?.credentialInfos ?? [];
    expect(readExtensionText(info?.unknownTaggedFields)).toBe('User:sa-1');
  });

  it('answers unknown users with 91 and repeated ones with 92', () => {
    const codes = described(clusterOf(0), ['a', 'b', 'b']).map(({ errorCode }) => errorCode);
    expect(codes).toEqual([KafkaError.RESOURCE_NOT_FOUND, KafkaError.DUPLICATE_RESOURCE]);
  });
});

function creationOf(
  change: Partial<CreateAclsRequestAclCreation> = {},
): CreateAclsRequestAclCreation {
  return {
    resourceType: AclResourceType.TOPIC,
    resourceName: 'orders',
    resourcePatternType: AclPatternType.LITERAL,
    principal: 'User:agent',
    host: '*',
    operation: AclOperation.READ,
    permissionType: AclPermission.ALLOW,
    origin: null,
    ...change,
  };
}

function create(
  cluster: SpecCluster,
  creations: readonly CreateAclsRequestAclCreation[],
  fromPlatform = false,
): number[] {
  const result = createAcls(cluster.context, { creations }, { fromPlatform });
  return cluster.run(result).results.map(({ errorCode }) => errorCode);
}

function filterOf(change: Partial<DeleteAclsFilter> = {}): DeleteAclsFilter {
  return {
    resourceTypeFilter: AclResourceType.ANY,
    resourceNameFilter: null,
    patternTypeFilter: AclPatternType.ANY,
    principalFilter: null,
    hostFilter: null,
    operation: AclOperation.ANY,
    permissionType: AclPermission.ANY,
    ...change,
  };
}

function namesSeen(cluster: SpecCluster, filter: DeleteAclsFilter, fromPlatform = false): string[] {
  const response = describeAcls(cluster.image.acls, filter, { fromPlatform });
  expect(response.errorCode).toBe(KafkaError.NONE);
  return response.resources.map(({ resourceName }) => resourceName);
}

describe('createAcls', () => {
  it('makes each ACL once, however often it is asked for', () => {
    const cluster = clusterOf(0);
    expect(create(cluster, [creationOf(), creationOf()])).toEqual([0, 0]);
    expect(create(cluster, [creationOf()])).toEqual([0]);
    expect(cluster.image.acls.size).toBe(1);
  });

  it.each<[string, Partial<CreateAclsRequestAclCreation>]>([
    ['any resource type', { resourceType: AclResourceType.ANY }],
    ['an unknown resource type', { resourceType: 99 }],
    ['a MATCH pattern', { resourcePatternType: AclPatternType.MATCH }],
    ['any operation', { operation: AclOperation.ANY }],
    ['an unknown operation', { operation: 0 }],
    ['any permission', { permissionType: AclPermission.ANY }],
    ['no resource name', { resourceName: '' }],
    ['another cluster name', { resourceType: AclResourceType.CLUSTER, resourceName: 'mine' }],
    ['a principal without a type', { principal: 'agent' }],
    ['a principal without a name', { principal: 'User:' }],
    ['no host', { host: '' }],
  ])('refuses %s, and makes the others', (_, change) => {
    const cluster = clusterOf(0);
    const codes = create(cluster, [creationOf(change), creationOf()]);
    expect(codes).toEqual([KafkaError.INVALID_REQUEST, KafkaError.NONE]);
    expect(cluster.image.acls.size).toBe(1);
  });

  it('keeps the origin apart: the same rule of a person and of a role are two ACLs', () => {
    const cluster = clusterOf(0);
    create(cluster, [creationOf(), creationOf({ origin: 'rb-1' })], true);
    expect([...cluster.image.acls.values()].map(({ origin }) => origin)).toEqual([null, 'rb-1']);
  });

  it('ignores an origin that is not from the platform', () => {
    const cluster = clusterOf(0);
    create(cluster, [creationOf({ origin: 'rb-1' })]);
    expect([...cluster.image.acls.values()].map(({ origin }) => origin)).toEqual([null]);
  });
});

describe('describeAcls and deleteAcls', () => {
  function clusterWithAcls(): SpecCluster {
    const cluster = clusterOf(0);
    const { PREFIXED } = AclPatternType;
    create(cluster, [
      creationOf(),
      creationOf({ principal: 'User:robot' }),
      creationOf({ resourceName: '*', permissionType: AclPermission.DENY }),
      creationOf({ resourceName: 'ord', resourcePatternType: PREFIXED }),
      creationOf({ resourceName: 'orders-eu', resourcePatternType: PREFIXED }),
      creationOf({ resourceType: AclResourceType.GROUP, resourceName: 'app' }),
    ]);
    create(cluster, [creationOf({ resourceName: 'managed', origin: 'rb-1' })], true);
    return cluster;
  }

  it.each<[string, Partial<DeleteAclsFilter>, readonly string[]]>([
    ['everything', {}, ['orders', '*', 'ord', 'orders-eu', 'app']],
    ['a type', { resourceTypeFilter: AclResourceType.GROUP }, ['app']],
    ['a principal', { principalFilter: 'User:robot' }, ['orders']],
    ['a permission', { permissionType: AclPermission.DENY }, ['*']],
    ['an operation', { operation: AclOperation.WRITE }, []],
    ['a host', { hostFilter: '10.0.0.1' }, []],
    ['a name in any pattern', { resourceNameFilter: 'ord' }, ['ord']],
    [
      'a literal name',
      { resourceNameFilter: 'ord', patternTypeFilter: AclPatternType.LITERAL },
      [],
    ],
    [
      'a literal name and type',
      {
        resourceTypeFilter: AclResourceType.TOPIC,
        resourceNameFilter: 'orders',
        patternTypeFilter: AclPatternType.LITERAL,
      },
      ['orders'],
    ],
    [
      'what applies to a name',
      {
        resourceTypeFilter: AclResourceType.TOPIC,
        resourceNameFilter: 'orders',
        patternTypeFilter: AclPatternType.MATCH,
      },
      ['orders', '*', 'ord'],
    ],
  ])('select %s', (_, change, expected) => {
    const cluster = clusterWithAcls();
    expect(namesSeen(cluster, filterOf(change))).toEqual(expected);
  });

  it('group ACLs of one resource', () => {
    const { acls } = clusterWithAcls().image;
    const { resources } = describeAcls(acls, filterOf(), { fromPlatform: false });
    expect(resources[0]?.acls.map(({ principal }) => principal)).toEqual([
      'User:agent',
      'User:robot',
    ]);
  });

  it.each<[string, string | null, readonly string[]]>([
    ['by default what people made', null, ['orders', '*', 'ord', 'orders-eu', 'app']],
    ['on request one origin', 'rb-1', ['managed']],
    ['on request every origin', '*', ['orders', '*', 'ord', 'orders-eu', 'app', 'managed']],
  ])('show the platform %s', (_, origin, expected) => {
    const filter = filterOf({ unknownTaggedFields: extensionText(origin) });
    expect(namesSeen(clusterWithAcls(), filter, true)).toEqual(expected);
  });

  it('tell the platform the origin, and never let others reach managed ACLs', () => {
    const cluster = clusterWithAcls();
    const filter = filterOf({ unknownTaggedFields: extensionText('rb-1') });
    const { resources } = describeAcls(cluster.image.acls, filter, { fromPlatform: true });
    expect(readExtensionText(resources[0]?.acls[0]?.unknownTaggedFields)).toBe('rb-1');
    expect(namesSeen(cluster, filter)).not.toContain('managed');
    const unreadable = [{ tag: 10_000, data: Buffer.alloc(0) }];
    expect(namesSeen(cluster, filterOf({ unknownTaggedFields: unreadable }), true)).toEqual([]);
  });

  it('delete what is selected, once, and report it for each filter', () => {
    const cluster = clusterWithAcls();
    const filters = [
      filterOf({ principalFilter: 'User:robot' }),
      filterOf(),
      filterOf({ operation: 0 }),
    ];
    const result = deleteAcls(cluster.context, { filters }, { fromPlatform: false });
    expect(result.records).toHaveLength(6);
    const { filterResults } = cluster.run(result);
    expect(filterResults.map(({ matchingAcls }) => matchingAcls.length)).toEqual([1, 6, 0]);
    expect(filterResults[2]?.errorCode).toBe(KafkaError.INVALID_REQUEST);
    expect([...cluster.image.acls.values()].map(({ resourceName }) => resourceName)).toEqual([
      'managed',
    ]);
  });

  it.each<Partial<DeleteAclsFilter>>([
    { resourceTypeFilter: 0 },
    { patternTypeFilter: 9 },
    { operation: 99 },
    { permissionType: 0 },
  ])('refuse the filter %j', (change) => {
    const response = describeAcls(clusterOf(0).image.acls, filterOf(change), {
      fromPlatform: false,
    });
    expect(response).toMatchObject({ errorCode: KafkaError.INVALID_REQUEST, resources: [] });
  });
});

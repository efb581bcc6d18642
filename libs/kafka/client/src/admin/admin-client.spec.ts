import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import { ApiKey, type Reader } from '@weirhouse/kafka-protocol';
import {
  readAlterUserScramCredentialsRequest,
  type AlterUserScramCredentialsRequest,
} from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-request';
import { writeAlterUserScramCredentialsResponse } from '@weirhouse/kafka-protocol/messages/alter-user-scram-credentials-response';
import { readCreateAclsRequest } from '@weirhouse/kafka-protocol/messages/create-acls-request';
import { writeCreateAclsResponse } from '@weirhouse/kafka-protocol/messages/create-acls-response';
import { readCreateTopicsRequest } from '@weirhouse/kafka-protocol/messages/create-topics-request';
import {
  defaultCreateTopicsResponseCreatableTopicResult,
  writeCreateTopicsResponse,
} from '@weirhouse/kafka-protocol/messages/create-topics-response';
import { readDeleteAclsRequest } from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import { writeDeleteAclsResponse } from '@weirhouse/kafka-protocol/messages/delete-acls-response';
import { readDeleteTopicsRequest } from '@weirhouse/kafka-protocol/messages/delete-topics-request';
import {
  defaultDeleteTopicsResponseDeletableTopicResult,
  writeDeleteTopicsResponse,
} from '@weirhouse/kafka-protocol/messages/delete-topics-response';
import { readDescribeAclsRequest } from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import { writeDescribeAclsResponse } from '@weirhouse/kafka-protocol/messages/describe-acls-response';
import { writeDescribeUserScramCredentialsResponse } from '@weirhouse/kafka-protocol/messages/describe-user-scram-credentials-response';
import { readListOffsetsRequest } from '@weirhouse/kafka-protocol/messages/list-offsets-request';
import { writeListOffsetsResponse } from '@weirhouse/kafka-protocol/messages/list-offsets-response';
import {
  defaultMetadataResponse,
  defaultMetadataResponseBroker,
  defaultMetadataResponsePartition,
  defaultMetadataResponseTopic,
  writeMetadataResponse,
} from '@weirhouse/kafka-protocol/messages/metadata-response';
import { readSaslAuthenticateRequest } from '@weirhouse/kafka-protocol/messages/sasl-authenticate-request';
import {
  defaultSaslAuthenticateResponse,
  writeSaslAuthenticateResponse,
} from '@weirhouse/kafka-protocol/messages/sasl-authenticate-response';
import { readSaslHandshakeRequest } from '@weirhouse/kafka-protocol/messages/sasl-handshake-request';
import { writeSaslHandshakeResponse } from '@weirhouse/kafka-protocol/messages/sasl-handshake-response';
import { Secret } from '@weirhouse/shared-kernel';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isKafkaError } from '../errors.ts';
import type { SaslCredentials } from '../sasl.ts';
import { FakeBroker } from '../testing/fake-broker.ts';
import { AdminClient } from './admin-client.ts';
import type { AclBinding } from './acls.ts';
import { originTags, readOrigin } from './origin-tag.ts';

const PASSWORD = 'pencil';
const ACL: AclBinding = {
  resourceType: 'topic',
  resourceName: '*',
  patternType: 'literal',
  principal: 'User:sa-1',
  host: '*',
  operation: 'all',
  permission: 'allow',
};

let broker: FakeBroker;
let port: number;
let clients: AdminClient[];

function client(mechanism?: SaslCredentials['mechanism'], password = PASSWORD): AdminClient {
  const sasl = mechanism && { mechanism, username: 'control', password: new Secret(password) };
  const created = new AdminClient({
    bootstrap: [{ host: '127.0.0.1', port }],
    clientId: 'spec',
    requestTimeoutMs: 5_000,
    ...(sasl ? { sasl } : {}),
  });
  clients.push(created);
  return created;
}

/** The server's side of SCRAM, written from RFC 5802 apart from the client's. */
class ScramServer {
  readonly #hash: 'sha256' | 'sha512';
  readonly #salt = randomBytes(16);
  #clientFirst = '';
  #serverFirst = '';

  constructor(hash: 'sha256' | 'sha512') {
    this.#hash = hash;
  }

  /** The answer to a client's message; undefined = refused. */
  step(message: string): string | undefined {
    if (message.startsWith('n,,')) {
      this.#clientFirst = message.slice(3);
      const nonce = `${/r=(.*)$/.exec(this.#clientFirst)?.[1]}server`;
      this.#serverFirst = `r=${nonce},s=${this.#salt.toString('base64')},i=4096`;
      return this.#serverFirst;
    }
    const [withoutProof = '', proof = ''] = message.split(',p=');
    const salted = pbkdf2Sync(
      PASSWORD,
      this.#salt,
      4096,
      this.#hash === 'sha256' ? 32 : 64,
      this.#hash,
    );
    const text = `${this.#clientFirst},${this.#serverFirst},${withoutProof}`;
    const storedKey = this.#digest(this.#hmac(salted, 'Client Key'));
    const signature = this.#hmac(storedKey, text);
    const clientKey = Buffer.from(proof, 'base64').map((byte, at) => byte ^ (signature[at] ?? 0));
    if (!this.#digest(clientKey).equals(storedKey)) return undefined;
    return `v=${this.#hmac(this.#hmac(salted, 'Server Key'), text).toString('base64')}`;
  }

  #hmac(key: Uint8Array, text: string): Buffer {
    return createHmac(this.#hash, key).update(text).digest();
  }

  #digest(bytes: Uint8Array): Buffer {
    return createHash(this.#hash).update(bytes).digest();
  }
}

function serveSasl(sessionLifetimeMs = 0): void {
  let mechanism = '';
  let scram = new ScramServer('sha256');
  const offered = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'];
  broker.handlers.set(ApiKey.SaslHandshake, ({ body, version }, writer) => {
    mechanism = readSaslHandshakeRequest(body, version).mechanism;
    scram = new ScramServer(mechanism.endsWith('256') ? 'sha256' : 'sha512');
    writeSaslHandshakeResponse(writer, { errorCode: 0, mechanisms: offered }, version);
  });
  broker.handlers.set(ApiKey.SaslAuthenticate, ({ body, version }, writer) => {
    const token = readSaslAuthenticateRequest(body, version).authBytes.toString();
    const isPlain = mechanism === 'PLAIN';
    const accepted = token === `\0control\0${PASSWORD}` ? '' : undefined;
    const answer = isPlain ? accepted : scram.step(token);
    const response = {
      ...defaultSaslAuthenticateResponse(),
      errorCode: answer === undefined ? 58 : 0,
      errorMessage: answer === undefined ? 'Authentication failed' : null,
      authBytes: Buffer.from(answer ?? ''),
      sessionLifetimeMs,
    };
    writeSaslAuthenticateResponse(writer, response, version);
  });
}

function serveMetadata(leaderId = 1): void {
  broker.handlers.set(ApiKey.Metadata, ({ version }, writer) => {
    const partition = { ...defaultMetadataResponsePartition(), partitionIndex: 0, leaderId };
    const response = {
      ...defaultMetadataResponse(),
      clusterId: 'lkc-1',
      brokers: [{ ...defaultMetadataResponseBroker(), nodeId: 1, host: '127.0.0.1', port }],
      topics: [
        { ...defaultMetadataResponseTopic(), name: 'hello', partitions: [partition] },
        { ...defaultMetadataResponseTopic(), name: 'gone', errorCode: 3 },
      ],
    };
    writeMetadataResponse(writer, response, version);
  });
}

function lastBody(): { readonly body: Reader; readonly version: number } {
  const request = broker.requests.at(-1);
  if (!request) throw new Error('nothing was asked');
  return request;
}

beforeEach(async () => {
  broker = new FakeBroker();
  port = await broker.listen();
  clients = [];
  serveMetadata();
});

afterEach(() => {
  for (const created of clients) created.close();
  broker.close();
});

describe('AdminClient, logging in', () => {
  it.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
    'gets in by %s with the right password only',
    async (mechanism) => {
      serveSasl();
      expect((await client(mechanism).metadata()).clusterId).toBe('lkc-1');
      const wrong = client(mechanism, 'eraser');
      await expect(wrong.metadata()).rejects.toMatchObject({ code: 'unauthenticated' });
    },
  );

  it('does not speak to a server that cannot prove that it knows the password', async () => {
    serveSasl();
    broker.handlers.set(ApiKey.SaslAuthenticate, ({ body, version }, writer) => {
      const token = readSaslAuthenticateRequest(body, version).authBytes.toString();
      const nonce = /r=([^,]*)/.exec(token)?.[1];
      const answer = token.startsWith('n,,') ? `r=${nonce}x,s=AAAA,i=4096` : 'v=AAAA';
      const response = { ...defaultSaslAuthenticateResponse(), authBytes: Buffer.from(answer) };
      writeSaslAuthenticateResponse(writer, response, version);
    });
    await expect(client('SCRAM-SHA-512').metadata()).rejects.toMatchObject({
      code: 'unauthenticated',
    });
    expect(broker.askedKeys()).not.toContain(ApiKey.Metadata);
  });

  it('names the mechanisms that the broker takes', async () => {
    broker.handlers.set(ApiKey.SaslHandshake, ({ version }, writer) =>
      writeSaslHandshakeResponse(writer, { errorCode: 33, mechanisms: ['GSSAPI'] }, version),
    );
    await expect(client('PLAIN').metadata()).rejects.toThrow('GSSAPI');
  });

  it('keeps one connection, and makes a new one after a loss', async () => {
    serveSasl();
    const admin = client('PLAIN');
    await admin.metadata();
    await admin.metadata();
    expect(broker.connections).toBe(1);
    broker.handlers.set(ApiKey.Metadata, () => {
      broker.cut();
      return false;
    });
    await expect(admin.metadata()).rejects.toMatchObject({ code: 'unavailable' });
    serveMetadata();
    await admin.metadata();
    expect(broker.connections).toBe(2);
  });

  it('makes a new connection before the session ends', async () => {
    serveSasl(1);
    const admin = client('PLAIN');
    await admin.metadata();
    const endMs = performance.now() + 5;
    while (performance.now() < endMs) await new Promise(setImmediate);
    await admin.metadata();
    expect(broker.connections).toBe(2);
  });

  it('fails at once after it was closed', async () => {
    const admin = client();
    await admin.metadata();
    admin.close();
    await expect(admin.metadata()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

describe('AdminClient, topics', () => {
  it('creates topics and tells each outcome with Kafka’s name of the error', async () => {
    broker.handlers.set(ApiKey.CreateTopics, ({ body, version }, writer) => {
      const { topics } = readCreateTopicsRequest(body, version);
      const results = topics.map(({ name }) =>
        Object.assign(defaultCreateTopicsResponseCreatableTopicResult(), {
          name,
          errorCode: name === 'old' ? 36 : 0,
          errorMessage: name === 'old' ? 'it is there' : null,
        }),
      );
      writeCreateTopicsResponse(writer, { throttleTimeMs: 0, topics: results }, version);
    });
    const outcomes = await client().createTopics([
      { name: 'new', partitions: 3, configs: { 'retention.ms': '1000' } },
      { name: 'old' },
    ]);
    const { body, version } = lastBody();
    const [first, second] = readCreateTopicsRequest(body, version).topics;
    expect(first).toMatchObject({
      numPartitions: 3,
      replicationFactor: -1,
      configs: [{ name: 'retention.ms', value: '1000' }],
    });
    expect(second).toMatchObject({ numPartitions: -1 });
    expect(outcomes[0]?.error).toBeUndefined();
    expect(outcomes[1]?.error).toMatchObject({ code: 'already_exists' });
    expect(outcomes[1]?.error?.message).toBe('TOPIC_ALREADY_EXISTS: it is there');
    expect(isKafkaError(outcomes[1]?.error, 'TOPIC_ALREADY_EXISTS')).toBe(true);
    expect(isKafkaError(outcomes[1]?.error, 'INVALID_CONFIG')).toBe(false);
  });

  it.each([5, 6])('deletes topics by name in version %i', async (maxVersion) => {
    broker.versions.set(ApiKey.DeleteTopics, [1, maxVersion]);
    broker.handlers.set(ApiKey.DeleteTopics, ({ body, version }, writer) => {
      const request = readDeleteTopicsRequest(body, version);
      const names = version < 6 ? request.topicNames : request.topics.map(({ name }) => name);
      const responses = names.map((name) =>
        Object.assign(defaultDeleteTopicsResponseDeletableTopicResult(), { name, errorCode: 3 }),
      );
      writeDeleteTopicsResponse(writer, { throttleTimeMs: 0, responses }, version);
    });
    const [outcome] = await client().deleteTopics(['t']);
    expect(outcome).toMatchObject({ name: 't', error: { code: 'not_found' } });
  });

  it('asks the leader for offsets and tells what cannot be asked', async () => {
    broker.handlers.set(ApiKey.ListOffsets, ({ body, version }, writer) => {
      const { topics } = readListOffsetsRequest(body, version);
      const answers = topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => ({
          partitionIndex,
          errorCode: 0,
          timestamp: -1,
          offset: timestamp === -2 ? 5 : 9,
          leaderEpoch: 0,
        })),
      }));
      writeListOffsetsResponse(writer, { throttleTimeMs: 0, topics: answers }, version);
    });
    const outcomes = await client().listOffsets([
      { topic: 'hello', partition: 0, at: 'earliest' },
      { topic: 'gone', partition: 0, at: 'latest' },
      { topic: 'hello', partition: 7, at: 'latest' },
    ]);
    expect(outcomes.find(({ offset }) => offset === 5)).toMatchObject({ topic: 'hello' });
    const failures = outcomes.filter(({ error }) => error);
    expect(failures.map(({ error }) => error?.code)).toEqual(['not_found', 'not_found']);
  });
});

describe('AdminClient, credentials', () => {
  it('sets a credential with the principal it acts as, and removes one', async () => {
    let seen: AlterUserScramCredentialsRequest | undefined;
    broker.handlers.set(ApiKey.AlterUserScramCredentials, ({ body, version }, writer) => {
      seen = readAlterUserScramCredentialsRequest(body, version);
      const results = [
        { user: 'KEY1', errorCode: 0, errorMessage: null },
        { user: 'KEY2', errorCode: 91, errorMessage: null },
      ];
      writeAlterUserScramCredentialsResponse(writer, { throttleTimeMs: 0, results }, version);
    });
    const outcomes = await client().alterUserScramCredentials({
      upsertions: [
        {
          user: 'KEY1',
          mechanism: 'SCRAM-SHA-512',
          iterations: 4096,
          salt: Buffer.from('salt'),
          saltedPassword: Buffer.from('salted'),
          principal: 'User:sa-1',
        },
      ],
      deletions: [{ user: 'KEY2', mechanism: 'SCRAM-SHA-256' }],
    });
    expect(seen?.upsertions[0]).toMatchObject({
      name: 'KEY1',
      mechanism: 2,
      iterations: 4096,
      principal: 'User:sa-1',
    });
    expect(seen?.upsertions[0]?.saltedPassword.toString()).toBe('salted');
    expect(seen?.deletions[0]).toMatchObject({ name: 'KEY2', mechanism: 1 });
    expect(outcomes[0]).toEqual({ user: 'KEY1', error: undefined });
    expect(isKafkaError(outcomes[1]?.error, 'RESOURCE_NOT_FOUND')).toBe(true);
  });

  it('lists users and leaves out the unknown', async () => {
    broker.handlers.set(ApiKey.DescribeUserScramCredentials, ({ version }, writer) => {
      const response = {
        throttleTimeMs: 0,
        errorCode: 0,
        errorMessage: null,
        results: [
          {
            user: 'KEY1',
            errorCode: 0,
            errorMessage: null,
            credentialInfos: [{ mechanism: 2, iterations: 4096 }],
          },
          { user: 'KEY2', errorCode: 91, errorMessage: null, credentialInfos: [] },
        ],
      };
      writeDescribeUserScramCredentialsResponse(writer, response, version);
    });
    expect(await client().describeUserScramCredentials(['KEY1', 'KEY2'])).toEqual([
      { user: 'KEY1', credentials: [{ mechanism: 'SCRAM-SHA-512', iterations: 4096 }] },
    ]);
  });
});

describe('AdminClient, ACLs', () => {
  it('creates ACLs with our mark, and without it as anybody would', async () => {
    broker.handlers.set(ApiKey.CreateAcls, ({ version }, writer) => {
      const results = [{ errorCode: 0, errorMessage: null }];
      writeCreateAclsResponse(writer, { throttleTimeMs: 0, results }, version);
    });
    const admin = client();
    expect(await admin.createAcls([ACL], { origin: 'role-binding' })).toEqual([undefined]);
    const marked = lastBody();
    expect(readCreateAclsRequest(marked.body, marked.version).creations[0]).toMatchObject({
      resourceType: 2,
      resourceName: '*',
      resourcePatternType: 3,
      principal: 'User:sa-1',
      host: '*',
      operation: 2,
      permissionType: 3,
      origin: 'role-binding',
    });
    await admin.createAcls([ACL]);
    const plain = lastBody();
    expect(readCreateAclsRequest(plain.body, plain.version).creations[0]?.origin).toBeNull();
  });

  it('lists ACLs of one origin', async () => {
    broker.handlers.set(ApiKey.DescribeAcls, ({ version }, writer) => {
      const acl = { principal: 'User:sa-1', host: '*', operation: 2, permissionType: 3 };
      const marked = { ...acl, unknownTaggedFields: originTags('role-binding') };
      const newer = { ...acl, operation: 99 };
      const resources = [
        { resourceType: 2, resourceName: '*', patternType: 3, acls: [marked, acl, newer] },
      ];
      const response = { throttleTimeMs: 0, errorCode: 0, errorMessage: null, resources };
      writeDescribeAclsResponse(writer, response, version);
    });
    const acls = await client().describeAcls({ resourceType: 'topic' }, { origin: 'role-binding' });
    expect(acls).toEqual([
      { ...ACL, origin: 'role-binding' },
      { ...ACL, origin: undefined },
    ]);
    const { body, version } = lastBody();
    const request = readDescribeAclsRequest(body, version);
    expect(request).toMatchObject({ resourceTypeFilter: 2, principalFilter: null, operation: 1 });
    const [tag] = request.unknownTaggedFields ?? [];
    expect(tag && readOrigin(tag)).toBe('role-binding');
  });

  it('deletes exactly the ACL that the filter names and returns what is gone', async () => {
    broker.handlers.set(ApiKey.DeleteAcls, ({ version }, writer) => {
      const acl = {
        errorCode: 0,
        errorMessage: null,
        resourceType: 2,
        resourceName: '*',
        patternType: 3,
        principal: 'User:sa-1',
        host: '*',
        operation: 2,
        permissionType: 3,
      };
      const filterResults = [{ errorCode: 0, errorMessage: null, matchingAcls: [acl] }];
      writeDeleteAclsResponse(writer, { throttleTimeMs: 0, filterResults }, version);
    });
    expect(await client().deleteAcls([ACL], { origin: 'role-binding' })).toEqual([ACL]);
    const { body, version } = lastBody();
    const [filter] = readDeleteAclsRequest(body, version).filters;
    expect(filter).toMatchObject({ patternTypeFilter: 3, principalFilter: 'User:sa-1' });
    expect(filter?.unknownTaggedFields).toHaveLength(1);
  });

  it('rejects with the broker’s error when listing is forbidden', async () => {
    broker.handlers.set(ApiKey.DescribeAcls, ({ version }, writer) => {
      const response = { throttleTimeMs: 0, errorCode: 31, errorMessage: null, resources: [] };
      writeDescribeAclsResponse(writer, response, version);
    });
    await expect(client().describeAcls({})).rejects.toMatchObject({
      code: 'forbidden',
      message: 'CLUSTER_AUTHORIZATION_FAILED',
    });
  });
});

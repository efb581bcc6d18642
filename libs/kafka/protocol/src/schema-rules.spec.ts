import { describe, expect, it } from 'vitest';
import {
  defaultAccessControlEntryRecord,
  readAccessControlEntryRecord,
  writeAccessControlEntryRecord,
} from './generated/access-control-entry-record.ts';
import {
  readAlterUserScramCredentialsRequest,
  writeAlterUserScramCredentialsRequest,
  defaultAlterUserScramCredentialsRequestScramCredentialUpsertion as defaultUpsertion,
} from './generated/alter-user-scram-credentials-request.ts';
import { API_INFOS, ApiKey } from './generated/api-keys.ts';
import {
  readCreateAclsRequest,
  writeCreateAclsRequest,
  defaultCreateAclsRequestAclCreation as defaultCreation,
} from './generated/create-acls-request.ts';
import {
  defaultFetchPartition,
  defaultFetchRequest,
  defaultFetchTopic,
  readFetchRequest,
  writeFetchRequest,
} from './generated/fetch-request.ts';
import {
  readListOffsetsRequest,
  writeListOffsetsRequest,
} from './generated/list-offsets-request.ts';
import {
  defaultOffsetFetchRequest,
  readOffsetFetchRequest,
  writeOffsetFetchRequest,
} from './generated/offset-fetch-request.ts';
import { defaultProduceRequest, writeProduceRequest } from './generated/produce-request.ts';
import { requestHeaderVersion, responseHeaderVersion } from './header-versions.ts';
import { KafkaProtocolError } from './primitives/protocol-error.ts';
import { Reader } from './primitives/reader.ts';
import { INT64_MAX, NEVER_FLEXIBLE, type TaggedField } from './primitives/types.ts';
import { Writer } from './primitives/writer.ts';

type Read<T> = (reader: Reader, version: number) => T;
type Write<T> = (writer: Writer, message: T, version: number) => void;

function encoded<T>(write: Write<T>, message: T, version: number): Buffer {
  const writer = new Writer();
  write(writer, message, version);
  return Buffer.concat(writer.finish());
}

function throughWire<T>(codec: { read: Read<T>; write: Write<T> }, message: T, version: number): T {
  return codec.read(new Reader(encoded(codec.write, message, version)), version);
}

function tag(number: number, text: string): TaggedField {
  return { tag: number, data: Buffer.from(text) };
}

const fetchCodec = { read: readFetchRequest, write: writeFetchRequest };

describe('fields that a version lacks', () => {
  it('are dropped where the schema calls them ignorable', () => {
    const request = { ...defaultFetchRequest(), rackId: 'zone-a', maxBytes: 5 };
    expect(throughWire(fetchCodec, request, 10).rackId).toBe('');
    expect(throughWire(fetchCodec, request, 11).rackId).toBe('zone-a');
  });

  it('are refused otherwise, unless at their default', () => {
    const request = { ...defaultFetchRequest(), replicaId: 3 };
    expect(throughWire(fetchCodec, request, 14).replicaId).toBe(3);
    expect(() => throughWire(fetchCodec, request, 15)).toThrow('FetchRequest.replicaId');
    const state = { ...defaultFetchRequest().replicaState, replicaId: 3 };
    const newer = { ...defaultFetchRequest(), replicaState: state };
    expect(throughWire(fetchCodec, newer, 15).replicaState.replicaId).toBe(3);
    expect(() => throughWire(fetchCodec, newer, 14)).toThrow(KafkaProtocolError);
  });

  it('read as their defaults', () => {
    const request = throughWire(fetchCodec, defaultFetchRequest(), 4);
    expect(request).toEqual(defaultFetchRequest());
  });
});

describe('null', () => {
  const codec = { read: readOffsetFetchRequest, write: writeOffsetFetchRequest };

  it('is refused in versions where the field is not nullable', () => {
    const all = { ...defaultOffsetFetchRequest(), groupId: 'g', topics: null };
    expect(throughWire(codec, all, 7).topics).toBeNull();
    expect(() => throughWire(codec, all, 1)).toThrow('OffsetFetchRequest.topics must not be null');
  });
});

describe('int64 fields', () => {
  it('carry Long.MAX_VALUE as INT64_MAX, which is also a default', () => {
    const partition = defaultFetchPartition();
    expect(partition.highWatermark).toBe(INT64_MAX);
    const topics = [
      { ...defaultFetchTopic(), partitions: [{ ...partition, fetchOffset: INT64_MAX }] },
    ];
    const read = throughWire(fetchCodec, { ...defaultFetchRequest(), topics }, 18);
    expect(read.topics[0]?.partitions[0]?.fetchOffset).toBe(INT64_MAX);
    expect(read.topics[0]?.partitions[0]?.highWatermark).toBe(INT64_MAX);
  });

  it('of ListOffsets timestamps take the nearest double instead of closing the connection', () => {
    const nanoseconds = 1_700_000_000_000_000_001n;
    const bytes = Buffer.alloc(4 + 1 + 4 + 2 + 1 + 4 + 4 + 8);
    bytes.writeInt32BE(-1, 0);
    bytes.writeInt32BE(1, 5);
    bytes.writeInt16BE(1, 9);
    bytes.write('t', 11);
    bytes.writeInt32BE(1, 12);
    bytes.writeBigInt64BE(nanoseconds, 20);
    const request = readListOffsetsRequest(new Reader(bytes), 2);
    expect(request.topics[0]?.partitions[0]?.timestamp).toBe(Number(nanoseconds));
    expect(encoded(writeListOffsetsRequest, request, 2)).toHaveLength(bytes.length);
  });
});

describe('tagged fields', () => {
  it('that are unknown are kept and written back between the known ones, in tag order', () => {
    const text = encoded(writeFetchRequest, defaultFetchRequest(), 17).toString('hex');
    expect(text.endsWith('00')).toBe(true);
    // Three fields: tag 0 (clusterId "ca"), 5 ("AB") and 10000 ("z").
    const tagged = ['03', '0003036361', '05024142', '904e017a'].join('');
    const bytes = Buffer.from(text.slice(0, -2) + tagged, 'hex');
    const request = readFetchRequest(new Reader(bytes), 17);
    expect(request.clusterId).toBe('ca');
    expect(request.unknownTaggedFields).toEqual([tag(5, 'AB'), tag(10_000, 'z')]);
    expect(encoded(writeFetchRequest, request, 17)).toEqual(bytes);
  });

  it('are refused when their size is not that of their value', () => {
    const text = encoded(writeFetchRequest, defaultFetchRequest(), 17).toString('hex');
    const bytes = Buffer.from(`${text.slice(0, -2)}01000403636100`, 'hex');
    expect(() => readFetchRequest(new Reader(bytes), 17)).toThrow('tagged field of another size');
  });
});

describe('our own tagged fields', () => {
  it('carry the principal of a SCRAM credential', () => {
    const codec = {
      read: readAlterUserScramCredentialsRequest,
      write: writeAlterUserScramCredentialsRequest,
    };
    const upsertion = { ...defaultUpsertion(), name: 'KEY', principal: 'User:sa-1' };
    const request = { deletions: [], upsertions: [upsertion] };
    expect(throughWire(codec, request, 0).upsertions[0]?.principal).toBe('User:sa-1');
    const plain = { deletions: [], upsertions: [{ ...upsertion, principal: null }] };
    expect(encoded(codec.write, plain, 0).includes('User')).toBe(false);
  });

  it('carry the origin of an ACL, which version 1 refuses', () => {
    const codec = { read: readCreateAclsRequest, write: writeCreateAclsRequest };
    const request = { creations: [{ ...defaultCreation(), principal: 'User:a', origin: 'role' }] };
    expect(throughWire(codec, request, 3).creations[0]?.origin).toBe('role');
    expect(() => throughWire(codec, request, 1)).toThrow(KafkaProtocolError);
    const record = { ...defaultAccessControlEntryRecord(), origin: 'role' };
    const records = { read: readAccessControlEntryRecord, write: writeAccessControlEntryRecord };
    expect(throughWire(records, record, 0).origin).toBe('role');
  });
});

describe('records', () => {
  it('are spliced into a produce request without being copied', () => {
    const batches = [Buffer.alloc(4096, 1), Buffer.alloc(8192, 2)];
    const partition = { index: 0, records: batches };
    const topic = { name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData: [partition] };
    const writer = new Writer();
    writeProduceRequest(writer, { ...defaultProduceRequest(), topicData: [topic] }, 9);
    const chunks = writer.finish();
    expect(chunks).toHaveLength(4);
    expect(chunks[1]).toBe(batches[0]);
    expect(chunks[2]).toBe(batches[1]);
  });
});

describe('the API table', () => {
  it('has the ranges of Kafka 4.3.1 in key order', () => {
    const keys = API_INFOS.map((api) => api.apiKey);
    expect(keys).toEqual(keys.toSorted((left, right) => left - right));
    expect(keys).toHaveLength(89);
    const produce = API_INFOS.find((api) => api.apiKey === ApiKey.Produce);
    expect(produce).toMatchObject({ minVersion: 3, maxVersion: 13, flexibleFrom: 9 });
    const handshake = API_INFOS.find((api) => api.apiKey === ApiKey.SaslHandshake);
    expect(handshake?.flexibleFrom).toBe(NEVER_FLEXIBLE);
    const initProducerId = API_INFOS.find((api) => api.apiKey === ApiKey.InitProducerId);
    expect(initProducerId).toMatchObject({ maxVersion: 6, stableMaxVersion: 5 });
  });

  it('gives header versions; ApiVersions is always answered with header 0', () => {
    const fetch = { apiKey: ApiKey.Fetch, flexibleFrom: 12 };
    expect([requestHeaderVersion(fetch, 11), requestHeaderVersion(fetch, 12)]).toEqual([1, 2]);
    expect([responseHeaderVersion(fetch, 11), responseHeaderVersion(fetch, 12)]).toEqual([0, 1]);
    const apiVersions = { apiKey: ApiKey.ApiVersions, flexibleFrom: 3 };
    expect(requestHeaderVersion(apiVersions, 4)).toBe(2);
    expect(responseHeaderVersion(apiVersions, 4)).toBe(0);
  });
});

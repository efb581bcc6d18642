import { describe, expect, it } from 'vitest';
import { decodeMetadataRecord, encodeMetadataRecord, type MetadataRecord } from './records.ts';

const topic: MetadataRecord = {
  kind: 'topic',
  body: { name: 'orders', topicId: 'rgqakbFFARouTlCBTFjH1g' },
};

describe('a metadata record', () => {
  it('has the frame and body of Kafka', () => {
    const frame = '010200';
    const name = `07${Buffer.from('orders').toString('hex')}`;
    const topicId = Buffer.from('rgqakbFFARouTlCBTFjH1g', 'base64url').toString('hex');
    expect(encodeMetadataRecord(topic).toString('hex')).toBe(`${frame}${name}${topicId}00`);
  });

  it('is read back with our own tagged field', () => {
    const acl: MetadataRecord = {
      kind: 'accessControlEntry',
      body: {
        id: 'rgqakbFFARouTlCBTFjH1g',
        resourceType: 2,
        resourceName: 'orders',
        patternType: 4,
        principal: 'User:agent',
        host: '*',
        operation: 3,
        permissionType: 3,
        origin: 'role-binding-7',
      },
    };
    expect(decodeMetadataRecord(encodeMetadataRecord(acl))).toEqual(acl);
  });

  it.each([
    ['of an unknown type', '01630000'],
    ['of an unknown version', '01020900'],
    ['in an unknown frame', '02020000'],
  ])('%s asks for a newer release', (_, hex) => {
    const decode = (): unknown => decodeMetadataRecord(Buffer.from(hex, 'hex'));
    expect(decode).toThrow(expect.objectContaining({ code: 'failed_precondition' }));
  });

  it.each([
    ['cut short', (bytes: Buffer) => bytes.subarray(0, bytes.length - 3)],
    ['empty', () => Buffer.alloc(0)],
    ['followed by more', (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc(1)])],
  ])('that is %s is corrupt', (_, damage) => {
    const decode = (): unknown => decodeMetadataRecord(damage(encodeMetadataRecord(topic)));
    expect(decode).toThrow(expect.objectContaining({ code: 'corrupt' }));
  });
});

import type { Reader, Writer } from '@weirhouse/kafka-protocol';
import { consumerGroupCurrentMemberAssignmentKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-current-member-assignment-key';
import { consumerGroupMemberMetadataKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-member-metadata-key';
import { consumerGroupMetadataKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-metadata-key';
import { consumerGroupRegularExpressionKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-regular-expression-key';
import { consumerGroupTargetAssignmentMemberKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-target-assignment-member-key';
import { consumerGroupTargetAssignmentMetadataKeySchema } from '@weirhouse/kafka-protocol/messages/consumer-group-target-assignment-metadata-key';
import { unreachable } from '@weirhouse/shared-kernel';

import type { ConsumerRecord } from './consumer-record.ts';
import {
  CONSUMER_VALUE_VERSION,
  readCurrent,
  readGroupEpoch,
  readPattern,
  readProfile,
  readTarget,
  readTargetEpoch,
  writeCurrent,
  writeGroupEpoch,
  writePattern,
  writeProfile,
  writeTarget,
  writeTargetEpoch,
} from './consumer-values.ts';
import { framed, unframed, type EncodedRecord } from './framing.ts';

/** Kafka's type of each record, the int16 before its key. */
const TYPES = {
  'consumer-group': consumerGroupMetadataKeySchema.apiKey,
  'consumer-member': consumerGroupMemberMetadataKeySchema.apiKey,
  'consumer-target': consumerGroupTargetAssignmentMetadataKeySchema.apiKey,
  'consumer-target-member': consumerGroupTargetAssignmentMemberKeySchema.apiKey,
  'consumer-current': consumerGroupCurrentMemberAssignmentKeySchema.apiKey,
  'consumer-pattern': consumerGroupRegularExpressionKeySchema.apiKey,
} as const;

/** A record of a consumer group in Kafka's own schema. */
export function encodeConsumerRecord(record: ConsumerRecord): EncodedRecord {
  const key = framed(TYPES[record.kind], (writer) => {
    writer.writeString(record.groupId);
    const subject = subjectOf(record);
    if (subject !== undefined) writer.writeString(subject);
  });
  if (record.value === null) return { key, value: null };
  return { key, value: framed(CONSUMER_VALUE_VERSION, (writer) => writeValue(writer, record)) };
}

/** Reads what follows a key's type; undefined for types that are not of consumer groups. */
export function decodeConsumerRecord(
  type: number,
  key: Reader,
  valueBytes: Buffer | null,
): ConsumerRecord | undefined {
  const value = valueBytes === null ? null : unframed(valueBytes).reader;
  const read = <Value>(of: (reader: Reader) => Value): Value | null => value && of(value);
  switch (type) {
    case TYPES['consumer-group']:
      return { kind: 'consumer-group', groupId: key.readString(), value: read(readGroupEpoch) };
    case TYPES['consumer-target']:
      return { kind: 'consumer-target', groupId: key.readString(), value: read(readTargetEpoch) };
    case TYPES['consumer-member']:
      return { kind: 'consumer-member', ...memberKey(key), value: read(readProfile) };
    case TYPES['consumer-target-member']:
      return { kind: 'consumer-target-member', ...memberKey(key), value: read(readTarget) };
    case TYPES['consumer-current']:
      return { kind: 'consumer-current', ...memberKey(key), value: read(readCurrent) };
    case TYPES['consumer-pattern']: {
      const groupId = key.readString();
      const pattern = key.readString();
      return { kind: 'consumer-pattern', groupId, pattern, value: read(readPattern) };
    }
    default:
      return undefined;
  }
}

function memberKey(key: Reader): { readonly groupId: string; readonly memberId: string } {
  const groupId = key.readString();
  return { groupId, memberId: key.readString() };
}

/** The second string of the key. */
function subjectOf(record: ConsumerRecord): string | undefined {
  if (record.kind === 'consumer-pattern') return record.pattern;
  return 'memberId' in record ? record.memberId : undefined;
}

function writeValue(writer: Writer, record: ConsumerRecord): void {
  switch (record.kind) {
    case 'consumer-group':
      return record.value === null ? undefined : writeGroupEpoch(writer, record.value);
    case 'consumer-member':
      return record.value === null ? undefined : writeProfile(writer, record.value);
    case 'consumer-target':
      return record.value === null ? undefined : writeTargetEpoch(writer, record.value);
    case 'consumer-target-member':
      return record.value === null ? undefined : writeTarget(writer, record.value);
    case 'consumer-current':
      return record.value === null ? undefined : writeCurrent(writer, record.value);
    case 'consumer-pattern':
      return record.value === null ? undefined : writePattern(writer, record.value);
    default:
      return unreachable(record);
  }
}

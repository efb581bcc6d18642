import { AppError } from '@weirhouse/shared-kernel';
import { KafkaProtocolError, type MessageSchema, Reader, Writer } from '@weirhouse/kafka-protocol';
import {
  type AccessControlEntryRecord,
  accessControlEntryRecordSchema,
  readAccessControlEntryRecord,
  writeAccessControlEntryRecord,
} from '@weirhouse/kafka-protocol/messages/access-control-entry-record';
import {
  type BrokerRegistrationChangeRecord,
  brokerRegistrationChangeRecordSchema,
  readBrokerRegistrationChangeRecord,
  writeBrokerRegistrationChangeRecord,
} from '@weirhouse/kafka-protocol/messages/broker-registration-change-record';
import {
  type ClientQuotaRecord,
  clientQuotaRecordSchema,
  readClientQuotaRecord,
  writeClientQuotaRecord,
} from '@weirhouse/kafka-protocol/messages/client-quota-record';
import {
  type ConfigRecord,
  configRecordSchema,
  readConfigRecord,
  writeConfigRecord,
} from '@weirhouse/kafka-protocol/messages/config-record';
import {
  type FeatureLevelRecord,
  featureLevelRecordSchema,
  readFeatureLevelRecord,
  writeFeatureLevelRecord,
} from '@weirhouse/kafka-protocol/messages/feature-level-record';
import {
  type FenceBrokerRecord,
  fenceBrokerRecordSchema,
  readFenceBrokerRecord,
  writeFenceBrokerRecord,
} from '@weirhouse/kafka-protocol/messages/fence-broker-record';
import {
  type NoOpRecord,
  noOpRecordSchema,
  readNoOpRecord,
  writeNoOpRecord,
} from '@weirhouse/kafka-protocol/messages/no-op-record';
import {
  type PartitionChangeRecord,
  partitionChangeRecordSchema,
  readPartitionChangeRecord,
  writePartitionChangeRecord,
} from '@weirhouse/kafka-protocol/messages/partition-change-record';
import {
  type PartitionRecord,
  partitionRecordSchema,
  readPartitionRecord,
  writePartitionRecord,
} from '@weirhouse/kafka-protocol/messages/partition-record';
import {
  type ProducerIdsRecord,
  producerIdsRecordSchema,
  readProducerIdsRecord,
  writeProducerIdsRecord,
} from '@weirhouse/kafka-protocol/messages/producer-ids-record';
import {
  type RegisterBrokerRecord,
  registerBrokerRecordSchema,
  readRegisterBrokerRecord,
  writeRegisterBrokerRecord,
} from '@weirhouse/kafka-protocol/messages/register-broker-record';
import {
  type RemoveAccessControlEntryRecord,
  removeAccessControlEntryRecordSchema,
  readRemoveAccessControlEntryRecord,
  writeRemoveAccessControlEntryRecord,
} from '@weirhouse/kafka-protocol/messages/remove-access-control-entry-record';
import {
  type RemoveTopicRecord,
  removeTopicRecordSchema,
  readRemoveTopicRecord,
  writeRemoveTopicRecord,
} from '@weirhouse/kafka-protocol/messages/remove-topic-record';
import {
  type RemoveUserScramCredentialRecord,
  removeUserScramCredentialRecordSchema,
  readRemoveUserScramCredentialRecord,
  writeRemoveUserScramCredentialRecord,
} from '@weirhouse/kafka-protocol/messages/remove-user-scram-credential-record';
import {
  type TopicRecord,
  topicRecordSchema,
  readTopicRecord,
  writeTopicRecord,
} from '@weirhouse/kafka-protocol/messages/topic-record';
import {
  type UnfenceBrokerRecord,
  unfenceBrokerRecordSchema,
  readUnfenceBrokerRecord,
  writeUnfenceBrokerRecord,
} from '@weirhouse/kafka-protocol/messages/unfence-broker-record';
import {
  type UnregisterBrokerRecord,
  unregisterBrokerRecordSchema,
  readUnregisterBrokerRecord,
  writeUnregisterBrokerRecord,
} from '@weirhouse/kafka-protocol/messages/unregister-broker-record';
import {
  type UserScramCredentialRecord,
  userScramCredentialRecordSchema,
  readUserScramCredentialRecord,
  writeUserScramCredentialRecord,
} from '@weirhouse/kafka-protocol/messages/user-scram-credential-record';

/** The body of each kind of metadata record that this broker understands. */
export interface MetadataRecordBodies {
  readonly registerBroker: RegisterBrokerRecord;
  readonly unregisterBroker: UnregisterBrokerRecord;
  readonly topic: TopicRecord;
  readonly partition: PartitionRecord;
  readonly config: ConfigRecord;
  readonly partitionChange: PartitionChangeRecord;
  readonly fenceBroker: FenceBrokerRecord;
  readonly unfenceBroker: UnfenceBrokerRecord;
  readonly removeTopic: RemoveTopicRecord;
  readonly userScramCredential: UserScramCredentialRecord;
  readonly featureLevel: FeatureLevelRecord;
  readonly clientQuota: ClientQuotaRecord;
  readonly producerIds: ProducerIdsRecord;
  readonly brokerRegistrationChange: BrokerRegistrationChangeRecord;
  readonly accessControlEntry: AccessControlEntryRecord;
  readonly removeAccessControlEntry: RemoveAccessControlEntryRecord;
  readonly noOp: NoOpRecord;
  readonly removeUserScramCredential: RemoveUserScramCredentialRecord;
}

/** Kinds of metadata records. */
export type MetadataRecordKind = keyof MetadataRecordBodies;

/** A metadata record of one kind. */
export interface MetadataRecordOf<K extends MetadataRecordKind> {
  readonly kind: K;
  readonly body: MetadataRecordBodies[K];
}

/** Any metadata record: one change of the cluster's metadata. */
export type MetadataRecord = { [K in MetadataRecordKind]: MetadataRecordOf<K> }[MetadataRecordKind];

interface RecordCodec<T> {
  readonly schema: MessageSchema;
  /** The version we write: what metadata.version 30 (Kafka 4.3-IV0) allows. */
  readonly version: number;
  readonly read: (reader: Reader, version: number) => T;
  readonly write: (writer: Writer, body: T, version: number) => void;
}

const CODECS: { readonly [K in MetadataRecordKind]: RecordCodec<MetadataRecordBodies[K]> } = {
  registerBroker: {
    schema: registerBrokerRecordSchema,
    version: 4,
    read: readRegisterBrokerRecord,
    write: writeRegisterBrokerRecord,
  },
  unregisterBroker: {
    schema: unregisterBrokerRecordSchema,
    version: 0,
    read: readUnregisterBrokerRecord,
    write: writeUnregisterBrokerRecord,
  },
  topic: {
    schema: topicRecordSchema,
    version: 0,
    read: readTopicRecord,
    write: writeTopicRecord,
  },
  partition: {
    schema: partitionRecordSchema,
    version: 2,
    read: readPartitionRecord,
    write: writePartitionRecord,
  },
  config: {
    schema: configRecordSchema,
    version: 0,
    read: readConfigRecord,
    write: writeConfigRecord,
  },
  partitionChange: {
    schema: partitionChangeRecordSchema,
    version: 2,
    read: readPartitionChangeRecord,
    write: writePartitionChangeRecord,
  },
  fenceBroker: {
    schema: fenceBrokerRecordSchema,
    version: 0,
    read: readFenceBrokerRecord,
    write: writeFenceBrokerRecord,
  },
  unfenceBroker: {
    schema: unfenceBrokerRecordSchema,
    version: 0,
    read: readUnfenceBrokerRecord,
    write: writeUnfenceBrokerRecord,
  },
  removeTopic: {
    schema: removeTopicRecordSchema,
    version: 0,
    read: readRemoveTopicRecord,
    write: writeRemoveTopicRecord,
  },
  userScramCredential: {
    schema: userScramCredentialRecordSchema,
    version: 0,
    read: readUserScramCredentialRecord,
    write: writeUserScramCredentialRecord,
  },
  featureLevel: {
    schema: featureLevelRecordSchema,
    version: 0,
    read: readFeatureLevelRecord,
    write: writeFeatureLevelRecord,
  },
  clientQuota: {
    schema: clientQuotaRecordSchema,
    version: 0,
    read: readClientQuotaRecord,
    write: writeClientQuotaRecord,
  },
  producerIds: {
    schema: producerIdsRecordSchema,
    version: 0,
    read: readProducerIdsRecord,
    write: writeProducerIdsRecord,
  },
  brokerRegistrationChange: {
    schema: brokerRegistrationChangeRecordSchema,
    version: 3,
    read: readBrokerRegistrationChangeRecord,
    write: writeBrokerRegistrationChangeRecord,
  },
  accessControlEntry: {
    schema: accessControlEntryRecordSchema,
    version: 0,
    read: readAccessControlEntryRecord,
    write: writeAccessControlEntryRecord,
  },
  removeAccessControlEntry: {
    schema: removeAccessControlEntryRecordSchema,
    version: 0,
    read: readRemoveAccessControlEntryRecord,
    write: writeRemoveAccessControlEntryRecord,
  },
  noOp: {
    schema: noOpRecordSchema,
    version: 0,
    read: readNoOpRecord,
    write: writeNoOpRecord,
  },
  removeUserScramCredential: {
    schema: removeUserScramCredentialRecordSchema,
    version: 0,
    read: readRemoveUserScramCredentialRecord,
    write: writeRemoveUserScramCredentialRecord,
  },
};

const KINDS_BY_TYPE: ReadonlyMap<number, MetadataRecordKind> = new Map(
  (Object.keys(CODECS) as MetadataRecordKind[]).map((kind) => [CODECS[kind].schema.apiKey, kind]),
);

/** Version of the frame around each record (KIP-631). */
const FRAME_VERSION = 1;

/** Bytes of the value of a record in `__cluster_metadata`: Kafka's frame, then the body. */
export function encodeMetadataRecord<K extends MetadataRecordKind>(
  record: MetadataRecordOf<K>,
): Buffer {
  const codec: RecordCodec<MetadataRecordBodies[K]> = CODECS[record.kind];
  const writer = new Writer();
  writer.writeUnsignedVarint(FRAME_VERSION);
  writer.writeUnsignedVarint(codec.schema.apiKey);
  writer.writeUnsignedVarint(codec.version);
  codec.write(writer, record.body, codec.version);
  return Buffer.concat(writer.finish());
}

/**
 * The record in `value`. Bytes inside it are borrowed from `value`. Throws `corrupt` for malformed
 * bytes and `failed_precondition` for a record that only a newer release understands.
 */
export function decodeMetadataRecord(value: Buffer): MetadataRecord {
  try {
    const reader = new Reader(value);
    const frameVersion = reader.readUnsignedVarint();
    const type = reader.readUnsignedVarint();
    const version = reader.readUnsignedVarint();
    const kind = KINDS_BY_TYPE.get(type);
    if (frameVersion !== FRAME_VERSION || kind === undefined) {
      throw tooNew(`frame version ${frameVersion}, type ${type}, version ${version}`);
    }
    const { schema } = CODECS[kind];
    if (version > schema.maxVersion) throw tooNew(`${schema.name} version ${version}`);
    const record = readBody(kind, reader, version);
    reader.expectEnd();
    return record;
  } catch (error) {
    if (!(error instanceof KafkaProtocolError)) throw error;
    throw new AppError('corrupt', 'A metadata record cannot be read.', { cause: error });
  }
}

function readBody(kind: MetadataRecordKind, reader: Reader, version: number): MetadataRecord {
  return { kind, body: CODECS[kind].read(reader, version) } as MetadataRecord;
}

function tooNew(what: string): AppError {
  return new AppError(
    'failed_precondition',
    `The metadata log holds a record of a newer release (${what}): start that release or a later one.`,
  );
}

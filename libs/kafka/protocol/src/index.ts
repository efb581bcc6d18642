export { API_INFOS, ApiKey, type ApiInfo } from './generated/api-keys.ts';
export { requestHeaderVersion, responseHeaderVersion } from './header-versions.ts';
export { DECODED_BYTES_MAX, Reader } from './primitives/reader.ts';
export { Writer } from './primitives/writer.ts';
export {
  fieldUnsupported,
  KafkaProtocolError,
  nonNull,
  unsupportedVersion,
} from './primitives/protocol-error.ts';
export {
  EMPTY_BYTES,
  INT64_MAX,
  NEVER_FLEXIBLE,
  STRING_BYTES_MAX,
  type MessageSchema,
  type Records,
  type TaggedField,
} from './primitives/types.ts';
export { sizeOfUnsignedVarint, sizeOfVarint, sizeOfVarlong } from './primitives/varints.ts';
export {
  isRetriable,
  kafkaErrorName,
  refreshesMetadata,
  type KafkaErrorCode,
} from './errors/error-traits.ts';
export { KafkaError } from './errors/kafka-errors.ts';
export {
  buildBatch,
  type BatchInput,
  type RecordHeader,
  type RecordInput,
} from './records/batch-builder.ts';
export { BatchCursor } from './records/batch-cursor.ts';
export {
  addSequence,
  BatchAttribute,
  BatchField,
  BatchView,
  LOG_OVERHEAD_BYTES,
  MAGIC_V2,
  RECORD_BATCH_HEADER_BYTES,
  TimestampType,
} from './records/batch-view.ts';
export { Codec, CODEC_NAMES, type Codecs } from './records/codecs.ts';
export {
  buildControlBatch,
  buildEndTxnMarker,
  buildLeaderChange,
  ControlRecordType,
  readControlRecordType,
  readCoordinatorEpoch,
  readLeaderChange,
  type ControlBatchInput,
  type ControlBatchPlace,
  type EndTxnMarkerInput,
} from './records/control-records.ts';
export { crc32c, useNativeCrc32c, type NativeCrc32c } from './records/crc32c.ts';
export {
  coordinatorPartition,
  javaStringHash,
  murmur2,
  partitionOfKey,
} from './records/partitioning.ts';
export { RecordCursor, recordsOf } from './records/record-cursor.ts';
export { writeVarint, writeVarlong } from './records/write-varint.ts';

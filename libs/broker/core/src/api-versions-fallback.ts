import { KafkaError, Writer } from '@weirhouse/kafka-protocol';
import {
  defaultApiVersionsResponse,
  writeApiVersionsResponse,
} from '@weirhouse/kafka-protocol/messages/api-versions-response';

import { API_VERSIONS_KEY } from './frame-header.ts';
import type { AnyHandler } from './handler.ts';

/**
 * The answer to an ApiVersions request of an unknown version: always encoded as v0, error 35, and only
 * the range of ApiVersions itself, from which clients choose the version to try again with (KIP-511).
 */
export function apiVersionsFallback(correlationId: number, handler: AnyHandler): Buffer[] {
  const writer = new Writer();
  writer.writeInt32(0);
  writer.writeInt32(correlationId);
  const { maxVersion, minVersion } = handler;
  const response = {
    ...defaultApiVersionsResponse(),
    errorCode: KafkaError.UNSUPPORTED_VERSION,
    apiKeys: [{ apiKey: API_VERSIONS_KEY, minVersion, maxVersion }],
  };
  writeApiVersionsResponse(writer, response, 0);
  const bytes = writer.size() - 4;
  const chunks = writer.finish();
  chunks[0]?.writeInt32BE(bytes, 0);
  return chunks;
}

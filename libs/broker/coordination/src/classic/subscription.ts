import { KafkaProtocolError, Reader } from '@weirhouse/kafka-protocol';
import {
  consumerProtocolSubscriptionSchema,
  readConsumerProtocolSubscription,
  type ConsumerProtocolSubscription,
} from '@weirhouse/kafka-protocol/messages/consumer-protocol-subscription';

const VERSION_BYTES = 2;

/**
 * The topics that consumers ask for in their metadata (int16 version, then the subscription).
 * Undefined when one of them cannot be read: the bytes come from clients and may be anything.
 * A version newer than ours is read as the newest we know, as versions only append fields.
 */
export function subscribedTopicsOf(
  metadata: readonly (Buffer | undefined)[],
): ReadonlySet<string> | undefined {
  const topics = new Set<string>();
  for (const bytes of metadata) {
    const mine = bytes === undefined ? undefined : readSubscription(bytes);
    if (mine === undefined) return undefined;
    for (const topic of mine.topics) topics.add(topic);
  }
  return topics;
}

/** What a consumer asks for, by the rules above; undefined when the bytes make no sense. */
export function readSubscription(bytes: Buffer): ConsumerProtocolSubscription | undefined {
  if (bytes.length < VERSION_BYTES) return undefined;
  const version = bytes.readInt16BE(0);
  if (version < 0) return undefined;
  const known = Math.min(version, consumerProtocolSubscriptionSchema.maxVersion);
  try {
    const reader = new Reader(bytes, VERSION_BYTES, bytes.length);
    return readConsumerProtocolSubscription(reader, known);
  } catch (error) {
    if (error instanceof KafkaProtocolError) return undefined;
    throw error;
  }
}

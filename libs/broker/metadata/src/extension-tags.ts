import { KafkaProtocolError, Reader, type TaggedField, Writer } from '@weirhouse/kafka-protocol';

/**
 * The tag of our own fields in Kafka's messages: whom a credential acts as, what made an ACL. Far
 * above Kafka's tags; a client that does not know it skips it (KIP-482).
 */
export const EXTENSION_TAG = 10_000;

/** The text of our field among tagged fields a schema does not know: null absent, undefined unreadable. */
export function readExtensionText(
  fields: readonly TaggedField[] | undefined,
): string | null | undefined {
  const field = fields?.find(({ tag }) => tag === EXTENSION_TAG);
  if (field === undefined) return null;
  try {
    return new Reader(field.data).readNullableCompactString();
  } catch (error) {
    if (error instanceof KafkaProtocolError) return undefined;
    throw error;
  }
}

/** Tagged fields with our field in them, or undefined when there is nothing to say. */
export function extensionText(text: string | null): readonly TaggedField[] | undefined {
  if (text === null) return undefined;
  const writer = new Writer();
  writer.writeNullableCompactString(text);
  return [{ tag: EXTENSION_TAG, data: Buffer.concat(writer.finish()) }];
}

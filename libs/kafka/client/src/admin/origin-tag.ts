import { Reader, Writer, type TaggedField } from '@weirhouse/kafka-protocol';

/**
 * Our tagged field that says who made an ACL (architecture.md, Identity). On the filters of
 * DescribeAcls and DeleteAcls it selects the entries of that origin, without it a broker shows and
 * deletes only what people made; on the entries of DescribeAcls' answer it repeats the origin.
 * The value is a nullable compact string, as everywhere in flexible versions.
 */
export const ORIGIN_TAG = 10_000;

/** The tagged fields that carry an origin; none for undefined. */
export function originTags(origin: string | undefined): readonly TaggedField[] | undefined {
  if (origin === undefined) return undefined;
  const writer = new Writer();
  writer.writeNullableCompactString(origin);
  return [{ tag: ORIGIN_TAG, data: Buffer.concat(writer.finish()) }];
}

/** The origin in a tagged field; undefined when it is null. */
export function readOrigin(field: TaggedField): string | undefined {
  return new Reader(field.data).readNullableCompactString() ?? undefined;
}

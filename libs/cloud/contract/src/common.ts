import { z } from 'zod';

/** Longest display name, in characters: generous, since other clouds' names come over as they are. */
const NAME_CHARS_MAX = 128;
/** Longest description, in characters. */
const DESCRIPTION_CHARS_MAX = 1024;
/** Longest id in a reference, in characters (the contract's bound). */
const ID_CHARS_MAX = 255;

/** Control characters break tables and logs. */
// oxlint-disable-next-line no-control-regex -- naming them is the point
const NO_CONTROL = /^[^\u0000-\u001f\u007f]*$/u;

/** A name people choose: 1-128 characters, none of them control characters. */
export const DisplayNameSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(NAME_CHARS_MAX)
  .regex(NO_CONTROL, 'must not hold control characters');

/** Free text, empty allowed. */
export const DescriptionSchema = z
  .string()
  .max(DESCRIPTION_CHARS_MAX)
  .regex(NO_CONTROL, 'must not hold control characters');

/** The one character that no text in a database can hold. */
// oxlint-disable-next-line no-control-regex -- naming it is the point
const NO_NUL = /^[^\u0000]*$/u;

/** A text that a database can hold, of any length. */
export const StorableTextSchema = z.string().regex(NO_NUL, 'must not hold the character U+0000');

/** An id in a path or a reference. */
export const IdSchema = StorableTextSchema.min(1).max(ID_CHARS_MAX);

/** What a list is filtered by when it may be anything: as long as an id at most. */
export const FilterSchema = StorableTextSchema.max(ID_CHARS_MAX);

/** Path parameters of every route on one object. */
export const IdParamsSchema = z.object({ id: IdSchema });

/** Path parameters of routes that have none, and the query of routes that take none. */
export const EmptySchema = z.object({});

/** RFC 3339 with `T` and offset. */
export const TimestampSchema = z.iso.datetime({ offset: true });

/** `metadata` of an object: `self` is an absolute URL, `resource_name` a CRN, times are RFC 3339. */
export const ObjectMetaSchema = z.object({
  self: z.url(),
  resource_name: z.string().optional(),
  created_at: TimestampSchema.optional(),
  updated_at: TimestampSchema.optional(),
});

/** `metadata` of a list. `next` is absent on the last page, never null. */
export const ListMetaSchema = z.object({
  first: z.url().optional(),
  next: z.string().optional(),
  total_size: z.int().min(0).optional(),
});

/** A reference in an answer. `related` is a URL, but for the word `cloud` of Cloud keys. */
export const ReferenceSchema = z.object({
  id: IdSchema,
  environment: z.string().optional(),
  related: z.string().min(1).optional(),
  resource_name: z.string().min(1).optional(),
  api_version: z.string().min(1).optional(),
  kind: z.string().min(1).optional(),
});

/** A reference in a request: only the id counts. */
export const ReferenceInputSchema = z.object({ id: IdSchema });

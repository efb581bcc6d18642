import { AppError } from '@weirhouse/shared-kernel';
import { z } from 'zod';

/** Items in a page when the request does not say. */
export const PAGE_SIZE_DEFAULT = 10;
/** Items in a page at most. */
export const PAGE_SIZE_MAX = 100;
/** The contract's bound on a page token, in characters. */
const PAGE_TOKEN_CHARS_MAX = 255;

/** Query parameters of every list. */
export const PageQuerySchema = z.object({
  page_size: z.coerce
    .number<number | string>()
    .int()
    .min(1)
    .max(PAGE_SIZE_MAX)
    .default(PAGE_SIZE_DEFAULT)
    .describe('Items in a page.'),
  page_token: z
    .string()
    .max(PAGE_TOKEN_CHARS_MAX)
    .optional()
    .describe('Opaque; taken from metadata.next of the page before.'),
});

/** Where a page starts: after the item created at this time (ms) with this id. */
export interface PageKey {
  readonly createdAtMs: number;
  readonly id: string;
}

const PageKeySchema = z.tuple([
  z.number().int().min(0).max(8_640_000_000_000_000),
  z.string().min(1).max(64),
]);

/** The opaque form of a page key. */
export function encodePageToken(key: PageKey): string {
  return Buffer.from(JSON.stringify([key.createdAtMs, key.id])).toString('base64url');
}

/** Reads a token back. Throws `invalid_argument` on `page_token` for anything not made here. */
export function decodePageToken(token: string): PageKey {
  const parsed = PageKeySchema.safeParse(parseJson(Buffer.from(token, 'base64url').toString()));
  if (!parsed.success) {
    throw new AppError(
      'invalid_argument',
      'page_token is not one of ours: leave it out, or take it from metadata.next.',
      { field: 'page_token' },
    );
  }
  const [createdAtMs, id] = parsed.data;
  return { createdAtMs, id };
}

/** One page cut out of `rows`, which the store was asked for with one row more than the page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Set when there are more. */
  readonly nextToken: string | undefined;
}

/** Cuts the extra row off and makes the token of the next page out of the last row that stays. */
export function cutPage<Row>(
  rows: readonly Row[],
  pageSize: number,
  keyOf: (row: Row) => PageKey,
): Page<Row> {
  const kept = rows.slice(0, pageSize);
  const last = kept.at(-1);
  const hasMore = rows.length > pageSize && last !== undefined;
  return { rows: kept, nextToken: hasMore ? encodePageToken(keyOf(last)) : undefined };
}

/** `metadata` of a list answer. `next` is left out on the last page: clients break on a null. */
export function listMetadata(
  requestUrl: string,
  nextToken: string | undefined,
): { readonly first: string; readonly next?: string } {
  const first = new URL(requestUrl);
  first.searchParams.delete('page_token');
  if (nextToken === undefined) return { first: first.href };
  const next = new URL(first);
  next.searchParams.set('page_token', nextToken);
  return { first: first.href, next: next.href };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

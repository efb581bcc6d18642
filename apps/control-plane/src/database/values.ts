import { assert } from '@weirhouse/shared-kernel';
import type { PageKey } from '@weirhouse/cloud-contract';
import type { Visible } from '@weirhouse/cloud-plan';

/** An int64 column as the number that the domain works with. */
export function toNumber(value: bigint): number {
  const number = Number(value);
  assert(Number.isSafeInteger(number), 'an int64 column stays below 2^53');
  return number;
}

/**
 * The rows after a page key, in the order (created_at, id). The bound on created_at alone lets the
 * index find the page's start; Prisma has no row comparison.
 */
export function afterPageKey(after: PageKey | undefined): {
  createdAt?: { gte: Date };
  OR?: ({ createdAt: { gt: Date } } | { id: { gt: string } })[];
} {
  if (after === undefined) return {};
  const createdAt = new Date(after.createdAtMs);
  return {
    createdAt: { gte: createdAt },
    OR: [{ createdAt: { gt: createdAt } }, { id: { gt: after.id } }],
  };
}

/** Restricts a query to rows that somebody may see; in a list of its own beside a page's bounds. */
export function visibleRows(visible: Visible): {
  AND?: { OR: ({ id: { in: string[] } } | { id: { startsWith: string } })[] }[];
} {
  if (visible === 'all') return {};
  const beginnings = visible.prefixes.map((startsWith) => ({ id: { startsWith } }));
  return { AND: [{ OR: [{ id: { in: [...visible.ids] } }, ...beginnings] }] };
}

/** The order of every list; unique, so pages neither repeat nor skip. */
export const PAGE_ORDER = [{ createdAt: 'asc' }, { id: 'asc' }] as const;

/** One page's bounds: how many rows, and where it starts. */
export interface PageRequest {
  readonly pageSize: number;
  readonly after: PageKey | undefined;
}

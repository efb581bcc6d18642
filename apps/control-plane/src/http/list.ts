import { decodePageToken, listMetadata, type Page } from '@weirhouse/cloud-contract';
import type { PageRequest } from '../database/values.ts';
import type { ApiAddress } from './api-address.ts';

interface PageQuery {
  readonly page_size: number;
  readonly page_token?: string | undefined;
}

/** The page a query asks for. Throws `invalid_argument` for a foreign token. */
export function pageRequest(query: PageQuery): PageRequest {
  return {
    pageSize: query.page_size,
    after: query.page_token === undefined ? undefined : decodePageToken(query.page_token),
  };
}

/** `metadata` and `data` of a list answer; `next` repeats the request's own filters. */
export function presentList<Row, Item>(options: {
  readonly address: ApiAddress;
  readonly path: string;
  readonly query: PageQuery & Readonly<Record<string, unknown>>;
  readonly page: Page<Row>;
  readonly present: (row: Row) => Item;
}): {
  metadata: { first: string; next?: string };
  data: Item[];
} {
  const url = new URL(options.address.link(options.path));
  for (const [name, value] of Object.entries(options.query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined) url.searchParams.append(name, String(one));
  }
  return {
    metadata: listMetadata(url.href, options.page.nextToken),
    data: options.page.rows.map((row) => options.present(row)),
  };
}

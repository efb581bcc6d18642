import type { Route } from './route.ts';

/** One tag in a header (RFC 9110 section 8.8.3), weak or strong. */
const TAGS = /(W\/)?("[\u0021\u0023-\u007e\u0080-\u00ff]*")/gu;

/** Whether a route's answers carry an ETag: reads of one thing do. */
export function hasEntityTag({ method, path, response }: Route): boolean {
  return method === 'GET' && path.endsWith('}') && response.schema !== undefined;
}

/** Whether a route may be told what the thing must still be like: changes and deletions of one. */
export function isConditional({ method }: Route): boolean {
  return method === 'PUT' || method === 'PATCH' || method === 'DELETE';
}

/**
 * Whether If-Match or If-None-Match names a tag; `*` names every one. The strong comparison of If-Match
 * never takes a weak tag (RFC 9110 section 8.8.3.2).
 */
export function namesTag(header: string, tag: string, comparison: 'strong' | 'weak'): boolean {
  if (header.trim() === '*') return true;
  return [...header.matchAll(TAGS)].some(
    ([, weak, opaque]) => opaque === tag && (comparison === 'weak' || weak === undefined),
  );
}

import { Secret } from '@weirhouse/shared-kernel';
import type { OpContext } from './op-context.ts';

/** The header Authorization of a request under way, for what calls the API in its caller's name. */
const HEADERS = new WeakMap<OpContext, Secret>();

/** Remembers the header as long as the context lives; beside it, so that no log shows it. */
export function rememberCallerHeader(ctx: OpContext, header: string | undefined): void {
  if (header !== undefined) HEADERS.set(ctx, new Secret(header));
}

/** The header that came with the request, if any. */
export function findCallerHeader(ctx: OpContext): Secret | undefined {
  return HEADERS.get(ctx);
}

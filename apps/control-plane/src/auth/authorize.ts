import type { Permission } from '@weirhouse/cloud-contract';
import type { OpContext } from './op-context.ts';

/**
 * The one place that decides what an actor may do in its own organization. Every principal with a
 * Cloud key may do everything there until role bindings are enforced; other organizations' objects
 * are never found in the first place.
 */
export function isAllowed(_ctx: OpContext, _permission: Permission): boolean {
  return true;
}

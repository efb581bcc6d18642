import { organizationCrn, type Permission } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from './op-context.ts';

/**
 * Whether the actor may do something to the object that a CRN names (for `create` and `list`: to
 * what holds it). Every principal may do everything in its own organization until role bindings are
 * enforced; of other organizations' objects nobody learns that they exist.
 */
export function isAllowed(ctx: OpContext, _permission: Permission, crn: string): boolean {
  const own = organizationCrn(ctx.organizationId);
  return crn === own || crn.startsWith(`${own}/`);
}

/** Whether the actor may do it to anything at all: what is known before the object is looked up. */
export function isAllowedSomewhere(ctx: OpContext, permission: Permission): boolean {
  return isAllowed(ctx, permission, organizationCrn(ctx.organizationId));
}

/** Throws `forbidden`, saying which permission is missing. */
export function authorize(ctx: OpContext, permission: Permission, crn: string): void {
  if (!isAllowed(ctx, permission, crn)) throw forbidden(ctx, permission);
}

/** The refusal of a caller that is known but may not. */
export function forbidden(ctx: OpContext, permission: Permission): AppError {
  return new AppError(
    'forbidden',
    `${ctx.actor.name} may not do ${permission}: ask for a role that allows it.`,
  );
}

import { findCrnParts, findCrnValue, userCrn, type Permission } from '@weirhouse/cloud-contract';
import { allows, allowsSomewhere, visibleChildren, type Visible } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { noteInSpan } from '../observability/spans.ts';
import type { OpContext } from './op-context.ts';

/** What everybody in an organization may do to it, whatever their roles. */
const MEMBER_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>([
  'organization:list',
  'organization:read',
  'region:list',
]);
/**
 * What everybody may do somewhere: services look whose a thing is, and lists hold what may be seen.
 * Clients wait for a new Cloud key until environments can be listed with it, roles or not.
 */
const OWN_PERMISSIONS: ReadonlySet<Permission> = new Set<Permission>([
  ...MEMBER_PERMISSIONS,
  'environment:list',
  'user:read',
  'user:list',
  'user:update',
  'api-key:list',
  'api-key:create',
  'api-key:read',
  'api-key:update',
  'api-key:delete',
  'role-binding:list',
  'role-binding:read',
]);

/**
 * Whether the actor may do something to the object that a CRN names (for `create` and `list`: to
 * what holds it). Roles decide; of other organizations' objects nobody learns that they exist.
 */
export function isAllowed(ctx: OpContext, permission: Permission, crn: string): boolean {
  const parts = findCrnParts(crn) ?? [];
  if (findCrnValue(parts, 'organization') !== ctx.organizationId) return false;
  if (ctx.credential === 'system') return true;
  const cluster = findCrnValue(parts, 'cloud-cluster');
  if (ctx.clusterId !== undefined && cluster !== ctx.clusterId) return false;
  if (MEMBER_PERMISSIONS.has(permission) && parts.length === 1) return true;
  return isOwnUser(ctx, permission, crn) || allows(ctx.grants, permission, crn);
}

/**
 * Whether the actor may do it to anything at all: what is known before the object is looked up. A
 * Kafka key may have been given rights by ACLs, which only its cluster knows.
 */
export function isAllowedSomewhere(ctx: OpContext, permission: Permission): boolean {
  return (
    ctx.credential === 'system' ||
    ctx.credential === 'kafka-key' ||
    OWN_PERMISSIONS.has(permission) ||
    allowsSomewhere(ctx.grants, permission)
  );
}

/** Throws `forbidden`, saying which permission is missing. */
export function authorize(ctx: OpContext, permission: Permission, crn: string): void {
  const allowed = isAllowed(ctx, permission, crn);
  noteInSpan('authorize', { permission, allowed });
  if (!allowed) throw forbidden(ctx, permission);
}

/**
 * Which children `<holder>/<key>=...` the actor may do something to. Lists restrict their query to
 * these, so that pages are full and their number tells nothing.
 */
export function visibleTo(
  ctx: OpContext,
  permission: Permission,
  place: { readonly holderCrn: string; readonly key: string },
): Visible {
  if (ctx.credential === 'system') return 'all';
  const visible = visibleChildren(ctx.grants, permission, place);
  const isOwn = place.key === 'user' && ctx.actor.kind === 'User' && permission === 'user:read';
  if (visible === 'all' || !isOwn) return visible;
  return { ...visible, ids: [...visible.ids, ctx.actor.id] };
}

/** The refusal of a caller that is known but may not. */
export function forbidden(ctx: OpContext, permission: Permission): AppError {
  return new AppError(
    'forbidden',
    `${ctx.actor.name} may not do ${permission}: ask for a role that allows it.`,
  );
}

function isOwnUser(ctx: OpContext, permission: Permission, crn: string): boolean {
  const { kind, id } = ctx.actor;
  return permission === 'user:read' && kind === 'User' && crn === userCrn(ctx.organizationId, id);
}

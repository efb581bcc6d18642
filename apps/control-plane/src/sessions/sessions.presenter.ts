import { AUDIT_TOPIC, type RouteOutput, type routes } from '@weirhouse/cloud-contract';
import type { AuditLog } from '../audit-delivery/audit-logs.repository.ts';
import type { Environment } from '../environments/environments.repository.ts';
import type { Organization } from '../organizations/organizations.repository.ts';
import type { User } from '../users/users.repository.ts';
import type { OpenSession } from './sessions.service.ts';

type Me = RouteOutput<typeof routes.getMe>;
type Session = RouteOutput<typeof routes.createSession>;

/** Bits of the numbers that old clients keep beside real ids: what a positive int32 holds. */
const LEGACY_ID_BITS = 31;

/** The answer to a sign-in. */
export function presentSession(
  session: OpenSession,
  organization: Organization,
): RouteOutput<typeof routes.createSession> {
  return {
    token: session.token,
    refresh_token: session.refreshToken,
    user: presentUser(session.user),
    organization: presentOrganization(organization),
  };
}

/** Who is signed in, and where clients begin. */
export function presentMe(who: {
  readonly user: User;
  readonly organization: Organization;
  readonly environments: readonly Environment[];
  /** Undefined = there is none, or it is not for this caller. */
  readonly auditLog: AuditLog | undefined;
}): Me {
  const accounts = who.environments.map(({ id, displayName }) => ({
    id,
    name: displayName,
    org_resource_id: who.organization.id,
  }));
  const [account] = accounts;
  return {
    user: presentUser(who.user),
    organization: {
      ...presentOrganization(who.organization),
      ...presentAuditLog(who.auditLog),
    },
    accounts,
    ...(account === undefined ? {} : { account }),
  };
}

function presentUser(user: User): Me['user'] {
  const [first = '', ...rest] = user.fullName.split(' ');
  return {
    id: legacyId(user.id),
    resource_id: user.id,
    email: user.email,
    first_name: first,
    last_name: rest.join(' '),
    auth_type: user.authType,
  };
}

function presentOrganization(organization: Organization): Session['organization'] {
  return {
    id: legacyId(organization.id),
    resource_id: organization.id,
    name: organization.displayName,
  };
}

/** No service account writes it or has keys to read it: who may read it is a matter of roles. */
function presentAuditLog(log: AuditLog | undefined): Pick<Me['organization'], 'audit_log'> {
  if (log?.cluster === undefined) return {};
  return {
    audit_log: {
      cluster_id: log.cluster.id,
      account_id: log.cluster.environmentId,
      service_account_id: 0,
      service_account_resource_id: '',
      topic_name: AUDIT_TOPIC,
    },
  };
}

/** A number that stays the same for an id (FNV-1a). Nothing of ours looks anything up by it. */
function legacyId(id: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash >>> (32 - LEGACY_ID_BITS);
}

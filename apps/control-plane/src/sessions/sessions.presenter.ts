import type { RouteOutput, routes } from '@weirhouse/cloud-contract';
import type { Environment } from '../environments/environments.repository.ts';
import type { Organization } from '../organizations/organizations.repository.ts';
import type { User } from '../users/users.repository.ts';
import type { OpenSession } from './sessions.service.ts';

type Me = RouteOutput<typeof routes.getMe>;

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
}): Me {
  const accounts = who.environments.map(({ id, displayName }) => ({
    id,
    name: displayName,
    org_resource_id: who.organization.id,
  }));
  const [account] = accounts;
  return {
    user: presentUser(who.user),
    organization: presentOrganization(who.organization),
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

function presentOrganization(organization: Organization): Me['organization'] {
  return {
    id: legacyId(organization.id),
    resource_id: organization.id,
    name: organization.displayName,
  };
}

/** A number that stays the same for an id (FNV-1a). Nothing of ours looks anything up by it. */
function legacyId(id: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(id)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash >>> (32 - LEGACY_ID_BITS);
}

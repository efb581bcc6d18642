import {
  invitationCrn,
  organizationCrn,
  serviceAccountCrn,
  userCrn,
  type RouteOutput,
  type routes,
} from '@weirhouse/cloud-contract';
import type { ApiAddress } from '../http/api-address.ts';
import { timestamps } from '../http/timestamps.ts';
import { invitationStatus, type Invitation } from './invitations.repository.ts';

type Presented = RouteOutput<typeof routes.getInvitation>;

/** An invitation in the contract's form, as it stands now. */
export function presentInvitation(
  invitation: Invitation,
  address: ApiAddress,
  nowMs: number,
): Presented {
  const { id, organizationId, userId, acceptedAtMs } = invitation;
  return {
    api_version: 'iam/v2',
    kind: 'Invitation',
    id,
    metadata: {
      self: address.link(`/iam/v2/invitations/${id}`),
      resource_name: invitationCrn(organizationId, id),
      ...timestamps(invitation),
    },
    email: invitation.email,
    auth_type: invitation.authType,
    status: invitationStatus(invitation, nowMs),
    ...(acceptedAtMs === undefined ? {} : { accepted_at: new Date(acceptedAtMs).toISOString() }),
    expires_at: new Date(invitation.expiresAtMs).toISOString(),
    user: {
      id: userId,
      related: address.link(`/iam/v2/users/${userId}`),
      resource_name: userCrn(organizationId, userId),
    },
    creator: presentCreator(invitation, address),
  };
}

function presentCreator(invitation: Invitation, address: ApiAddress): Presented['creator'] {
  const { organizationId, creatorId: id } = invitation;
  if (invitation.creatorKind === 'User') {
    return {
      id,
      related: address.link(`/iam/v2/users/${id}`),
      resource_name: userCrn(organizationId, id),
    };
  }
  if (invitation.creatorKind === 'ServiceAccount') {
    return {
      id,
      related: address.link(`/iam/v2/service-accounts/${id}`),
      resource_name: serviceAccountCrn(organizationId, id),
    };
  }
  return { id, related: address.url, resource_name: organizationCrn(organizationId) };
}

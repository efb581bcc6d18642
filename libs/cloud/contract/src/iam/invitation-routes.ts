import { IdParamsSchema } from '../common.ts';
import {
  CLOUD_CREDENTIALS,
  CREATE_ERRORS,
  defineRoutes,
  LIST_ERRORS,
  NOTHING,
  READ_ERRORS,
} from '../define-routes.ts';
import {
  AcceptInvitationSchema,
  CreateInvitationSchema,
  InvitationListSchema,
  InvitationSchema,
  InvitationTokenParamsSchema,
  ListInvitationsQuerySchema,
} from './invitations.ts';
import { UserSchema } from './users.ts';

const FAMILY = {
  api: 'iam/v2',
  tag: 'Invitations (iam/v2)',
  dialect: 'cloud',
  credentials: CLOUD_CREDENTIALS,
} as const;

/** iam/v2 invitations, and their acceptance, which is Weirhouse's own. */
export const invitationRoutes = defineRoutes(FAMILY, {
  listInvitations: {
    name: 'listIamV2Invitations',
    summary: 'List invitations',
    method: 'GET',
    path: '/iam/v2/invitations',
    query: ListInvitationsQuerySchema,
    response: { status: 200, schema: InvitationListSchema, location: false },
    permission: 'invitation:list',
    errors: LIST_ERRORS,
  },
  createInvitation: {
    name: 'createIamV2Invitation',
    summary: 'Invite a person; the header Weirhouse-Invitation-Link of the answer is for them',
    method: 'POST',
    path: '/iam/v2/invitations',
    body: CreateInvitationSchema,
    response: { status: 201, schema: InvitationSchema, location: true },
    permission: 'invitation:create',
    auditType: 'CreateInvitation',
    errors: CREATE_ERRORS,
  },
  getInvitation: {
    name: 'getIamV2Invitation',
    summary: 'Read an invitation',
    method: 'GET',
    path: '/iam/v2/invitations/{id}',
    params: IdParamsSchema,
    response: { status: 200, schema: InvitationSchema, location: false },
    permission: 'invitation:read',
    errors: READ_ERRORS,
  },
  deleteInvitation: {
    name: 'deleteIamV2Invitation',
    summary: 'Delete an invitation; one that nobody accepted takes its user along',
    method: 'DELETE',
    path: '/iam/v2/invitations/{id}',
    params: IdParamsSchema,
    response: NOTHING,
    permission: 'invitation:delete',
    auditType: 'DeleteInvitation',
    errors: READ_ERRORS,
  },
  acceptInvitation: {
    name: 'acceptInvitation',
    summary: 'Accept an invitation with the token of its link',
    method: 'POST',
    path: '/v1/invitations/{token}:accept',
    credentials: [],
    params: InvitationTokenParamsSchema,
    body: AcceptInvitationSchema,
    response: { status: 200, schema: UserSchema, location: false },
    permission: undefined,
    auditType: 'AcceptInvitation',
    errors: CREATE_ERRORS,
  },
});

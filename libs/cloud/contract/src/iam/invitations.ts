import { z } from 'zod';
import { IdSchema, ListMetaSchema, ObjectMetaSchema, ReferenceSchema } from '../common.ts';
import { PageQuerySchema } from '../paging.ts';
import { AUTH_TYPES, EmailSchema, FullNameSchema } from './users.ts';

/** Shortest and longest password, in characters (NIST SP 800-63B asks for 8 and for 64 or more). */
const PASSWORD_CHARS_MIN = 12;
const PASSWORD_CHARS_MAX = 256;
/** Longest token of a link, in characters; ours have 43. */
const TOKEN_CHARS_MAX = 128;

/** Where an invitation stands. STAGED is of the contract; here every invitation is sent at once. */
export const INVITATION_STATUSES = [
  'INVITE_STATUS_SENT',
  'INVITE_STATUS_STAGED',
  'INVITE_STATUS_ACCEPTED',
  'INVITE_STATUS_EXPIRED',
  'INVITE_STATUS_DEACTIVATED',
] as const;

/** A password that somebody chooses. */
export const NewPasswordSchema = z
  .string()
  .min(PASSWORD_CHARS_MIN, `must have ${PASSWORD_CHARS_MIN} characters or more`)
  .max(PASSWORD_CHARS_MAX);

/** Body of POST /iam/v2/invitations. */
export const CreateInvitationSchema = z.object({
  email: EmailSchema,
  auth_type: z.enum(AUTH_TYPES).default('AUTH_TYPE_LOCAL'),
});

/** Query of the list. */
export const ListInvitationsQuerySchema = PageQuerySchema.extend({
  email: EmailSchema.optional(),
  status: z.enum(INVITATION_STATUSES).optional(),
  user: IdSchema.optional(),
  creator: IdSchema.optional(),
});

/** An invitation as answers show it; its link is never in it. */
export const InvitationSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('Invitation'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  email: z.string(),
  auth_type: z.enum(AUTH_TYPES),
  status: z.enum(INVITATION_STATUSES),
  accepted_at: z.iso.datetime({ offset: true }).optional(),
  expires_at: z.iso.datetime({ offset: true }),
  user: ReferenceSchema,
  creator: ReferenceSchema,
});

/** A page of invitations. */
export const InvitationListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('InvitationList'),
  metadata: ListMetaSchema,
  data: z.array(InvitationSchema),
});

/** Path of the acceptance: the token of the link. */
export const InvitationTokenParamsSchema = z.object({
  token: z.string().min(1).max(TOKEN_CHARS_MAX),
});

/** Body of the acceptance. The password is left out by those who sign in at an issuer. */
export const AcceptInvitationSchema = z.object({
  full_name: FullNameSchema,
  password: NewPasswordSchema.optional(),
});

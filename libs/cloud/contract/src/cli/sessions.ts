import { z } from 'zod';
import { IdSchema } from '../common.ts';
import { AUTH_TYPES } from '../iam/users.ts';
import { AUDIT_TOPIC } from '../v1/audit-log.ts';

/** Longest password or token of a request that is looked at, in characters. */
const SECRET_CHARS_MAX = 8_192;
const SecretSchema = z.string().max(SECRET_CHARS_MAX);
/** Clients send these whether or not anybody chose one. */
const OptionalTextSchema = z.string().max(255).default('');

/** Query of GET /login/realm. */
export const LoginRealmQuerySchema = z.object({
  email: OptionalTextSchema,
  client_id: OptionalTextSchema,
  org_resource_id: OptionalTextSchema,
});

/** Always the same: the addresses of a foreign sign-in are fixed in clients of the contract. */
export const LoginRealmSchema = z.object({
  is_sso: z.literal(false),
  mfa_required: z.literal(false),
  realm: z.literal(''),
});

/** Body of POST /sessions: an e-mail and a password, or a refresh token. */
export const CreateSessionSchema = z.object({
  email: OptionalTextSchema,
  password: SecretSchema.default(''),
  refresh_token: SecretSchema.default(''),
  org_resource_id: OptionalTextSchema,
});

/** Numbers that old clients keep beside the real ids: 31 bits made of them. */
const LegacyIdSchema = z.int().min(0);

const SessionUserSchema = z.object({
  id: LegacyIdSchema,
  resource_id: IdSchema,
  email: z.string(),
  first_name: z.string(),
  last_name: z.string(),
  auth_type: z.enum(AUTH_TYPES),
});

const SessionOrganizationSchema = z.object({
  id: LegacyIdSchema,
  resource_id: IdSchema,
  name: z.string(),
});

/** The answer to a sign-in: a short token, and one to get the next with. */
export const SessionSchema = z.object({
  token: z.string(),
  refresh_token: z.string(),
  user: SessionUserSchema,
  organization: SessionOrganizationSchema,
});

const AccountSchema = z.object({ id: IdSchema, name: z.string(), org_resource_id: IdSchema });

/** Where audit events are delivered to; nobody but the platform writes there, so no account does. */
const SessionAuditLogSchema = z.object({
  cluster_id: IdSchema,
  account_id: IdSchema.describe('The environment that the cluster is in.'),
  service_account_id: LegacyIdSchema,
  service_account_resource_id: z.string(),
  topic_name: z.literal(AUDIT_TOPIC),
});

/** Who is signed in. `accounts` are environments; clients begin in the first. */
export const MeSchema = z.object({
  user: SessionUserSchema,
  organization: SessionOrganizationSchema.extend({ audit_log: SessionAuditLogSchema.optional() }),
  accounts: z.array(AccountSchema),
  account: AccountSchema.optional(),
});

/** A token for the data plane (kafka/v3). */
export const AccessTokenSchema = z.object({ token: z.string(), error: z.literal('') });

/** There are no trials here, so there is nothing to claim. */
export const FreeTrialInfoSchema = z.object({ promo_code_claims: z.array(z.never()) });

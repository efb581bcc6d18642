import { z } from 'zod';
import { IdSchema, ListMetaSchema, ObjectMetaSchema } from '../common.ts';

/** Longest name of a person, in characters. */
const FULL_NAME_CHARS_MAX = 255;
/** Longest e-mail address, in characters (RFC 5321 section 4.5.3.1.3, without the brackets). */
const EMAIL_CHARS_MAX = 254;

/** How a user signs in: with a password kept here, or at the platform's OIDC issuer. */
export const AUTH_TYPES = ['AUTH_TYPE_LOCAL', 'AUTH_TYPE_SSO'] as const;

/** An e-mail address; case makes no difference, so it is kept in lower case. */
export const EmailSchema = z
  .string()
  .max(EMAIL_CHARS_MAX)
  .transform((email) => email.toLowerCase())
  .pipe(z.email('must be an e-mail address'));

/** What a person is called; control characters break tables and logs. */
export const FullNameSchema = z
  .string()
  .min(1, 'must not be empty')
  .max(FULL_NAME_CHARS_MAX)
  // oxlint-disable-next-line no-control-regex -- naming them is the point
  .regex(/^[^\u0000-\u001f\u007f]*$/u, 'must not hold control characters');

/** Body of PATCH /iam/v2/users/{id}: only the name can change. */
export const UpdateUserSchema = z.object({ full_name: FullNameSchema.optional() });

/** A user as answers show it. */
export const UserSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('User'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  email: z.string(),
  full_name: z.string(),
  auth_type: z.enum(AUTH_TYPES),
});

/** A page of users. */
export const UserListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('UserList'),
  metadata: ListMetaSchema,
  data: z.array(UserSchema),
});

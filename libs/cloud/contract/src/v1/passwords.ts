import { z } from 'zod';
import { NewPasswordSchema } from '../iam/invitations.ts';

/** Longest old password or token that is looked at, in characters. */
const SECRET_CHARS_MAX = 8_192;
const SecretSchema = z.string().max(SECRET_CHARS_MAX);

/** Body of POST /v1/password. */
export const ChangePasswordSchema = z.object({
  old_password: SecretSchema,
  new_password: NewPasswordSchema,
});

/** A one-time token for somebody who has lost their password; shown once. */
export const PasswordResetSchema = z.object({
  api_version: z.literal('v1'),
  kind: z.literal('PasswordReset'),
  token: z.string(),
  expires_at: z.iso.datetime({ offset: true }),
});

/** Body of POST /v1/password-resets. */
export const UsePasswordResetSchema = z.object({
  token: SecretSchema,
  new_password: NewPasswordSchema,
});

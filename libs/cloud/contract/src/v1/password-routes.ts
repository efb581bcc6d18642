import { EmptySchema, IdParamsSchema } from '../common.ts';
import { CLOUD_CREDENTIALS, CREATE_ERRORS, defineRoutes, NOTHING } from '../define-routes.ts';
import { ChangePasswordSchema, PasswordResetSchema, UsePasswordResetSchema } from './passwords.ts';

/** Our own routes on people's passwords; the contract has none. */
export const passwordRoutes = defineRoutes(
  { api: 'v1', tag: 'Passwords (v1)', dialect: 'cloud', credentials: CLOUD_CREDENTIALS },
  {
    changePassword: {
      name: 'changeV1Password',
      summary: 'Change the password of whoever is signed in; their other sessions end',
      method: 'POST',
      path: '/v1/password',
      credentials: ['session'],
      body: ChangePasswordSchema,
      response: NOTHING,
      permission: undefined,
      auditType: 'ChangePassword',
      errors: CREATE_ERRORS,
    },
    createPasswordReset: {
      name: 'createV1PasswordReset',
      summary: 'A one-time token by which a user chooses a new password',
      method: 'POST',
      path: '/v1/users/{id}/password-reset',
      params: IdParamsSchema,
      body: EmptySchema,
      response: { status: 200, schema: PasswordResetSchema, location: false },
      permission: 'password:reset',
      auditType: 'CreatePasswordReset',
      errors: CREATE_ERRORS,
    },
    usePasswordReset: {
      name: 'useV1PasswordReset',
      summary: 'Choose a new password by a one-time token; every session of the user ends',
      method: 'POST',
      path: '/v1/password-resets',
      credentials: [],
      body: UsePasswordResetSchema,
      response: NOTHING,
      permission: undefined,
      auditType: 'ResetPassword',
      errors: CREATE_ERRORS,
    },
  },
);

import type { Provider } from '@nestjs/common';
import { ATTEMPT_PROVIDERS } from './auth/attempts.ts';
import { AuthenticationCounter } from './auth/authentication-counter.ts';
import { BearerCheck } from './auth/bearer-check.ts';
import { KeyCheck } from './auth/key-check.ts';
import { IdentityPoolsController } from './identity-providers/identity-pools.controller.ts';
import { IdentityPoolsService } from './identity-providers/identity-pools.service.ts';
import { IdentityProvidersController } from './identity-providers/identity-providers.controller.ts';
import { IdentityProvidersService } from './identity-providers/identity-providers.service.ts';
import { IssuerAccess } from './identity-providers/issuer-access.ts';
import { AcceptanceService } from './invitations/acceptance.service.ts';
import { InvitationsController } from './invitations/invitations.controller.ts';
import { InvitationsService } from './invitations/invitations.service.ts';
import { OidcController } from './oidc/oidc.controller.ts';
import { OidcService } from './oidc/oidc.service.ts';
import { PasswordChangesService } from './sessions/password-changes.service.ts';
import { PasswordResetsService } from './sessions/password-resets.service.ts';
import { PasswordsController } from './sessions/passwords.controller.ts';
import { Passwords } from './sessions/passwords.ts';
import { SessionsController } from './sessions/sessions.controller.ts';
import { SessionsService } from './sessions/sessions.service.ts';
import { StsController } from './sts/sts.controller.ts';
import { StsService } from './sts/sts.service.ts';
import { SubjectTokens } from './sts/subject-tokens.ts';
import { SigningKeys } from './tokens/signing-keys.ts';
import { TokensController } from './tokens/tokens.controller.ts';
import { Tokens } from './tokens/tokens.ts';
import { UsersController } from './users/users.controller.ts';
import { UsersService } from './users/users.service.ts';

/** Controllers of people and how they come in. */
export const IDENTITY_CONTROLLERS = [
  UsersController,
  InvitationsController,
  SessionsController,
  PasswordsController,
  TokensController,
  IdentityProvidersController,
  IdentityPoolsController,
  StsController,
  OidcController,
] as const;

/** What these controllers and the authenticator are made of. */
export const IDENTITY_PROVIDERS: readonly Provider[] = [
  ...ATTEMPT_PROVIDERS,
  AcceptanceService,
  AuthenticationCounter,
  BearerCheck,
  IdentityPoolsService,
  IdentityProvidersService,
  InvitationsService,
  IssuerAccess,
  KeyCheck,
  OidcService,
  PasswordChangesService,
  PasswordResetsService,
  Passwords,
  SessionsService,
  SigningKeys,
  StsService,
  SubjectTokens,
  Tokens,
  UsersService,
];

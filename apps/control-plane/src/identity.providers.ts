import type { Provider } from '@nestjs/common';
import { ATTEMPT_PROVIDERS } from './auth/attempts.ts';
import { BearerCheck } from './auth/bearer-check.ts';
import { KeyCheck } from './auth/key-check.ts';
import { AcceptanceService } from './invitations/acceptance.service.ts';
import { InvitationsController } from './invitations/invitations.controller.ts';
import { InvitationsService } from './invitations/invitations.service.ts';
import { Passwords } from './sessions/passwords.ts';
import { SessionsController } from './sessions/sessions.controller.ts';
import { SessionsService } from './sessions/sessions.service.ts';
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
  TokensController,
] as const;

/** What these controllers and the authenticator are made of. */
export const IDENTITY_PROVIDERS: readonly Provider[] = [
  ...ATTEMPT_PROVIDERS,
  AcceptanceService,
  BearerCheck,
  InvitationsService,
  KeyCheck,
  Passwords,
  SessionsService,
  SigningKeys,
  Tokens,
  UsersService,
];

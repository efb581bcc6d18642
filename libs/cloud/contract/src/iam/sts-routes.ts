import { z } from 'zod';
import { IdSchema } from '../common.ts';
import { defineRoutes } from '../define-routes.ts';

/** Longest token of an issuer that is looked at, in characters. */
const TOKEN_CHARS_MAX = 16_384;
/** Longest life of the answer's token, in seconds (the contract's bound). */
const EXPIRES_S_MAX = 900;

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** Body of POST /sts/v1/oauth2/token (RFC 8693 section 2.1), as a form: every value is text. */
export const ExchangeTokenSchema = z.object({
  grant_type: z.literal('urn:ietf:params:oauth:grant-type:token-exchange'),
  subject_token: z.string().min(1).max(TOKEN_CHARS_MAX),
  subject_token_type: z.literal('urn:ietf:params:oauth:token-type:jwt'),
  requested_token_type: z.literal(ACCESS_TOKEN),
  identity_pool_id: IdSchema,
  expires_in: z.coerce.number().int().min(1).max(EXPIRES_S_MAX).default(EXPIRES_S_MAX),
});

/** RFC 8693 section 2.2.1. */
export const ExchangedTokenSchema = z.object({
  access_token: z.string(),
  issued_token_type: z.literal(ACCESS_TOKEN),
  token_type: z.literal('Bearer'),
  expires_in: z.int(),
});

/** sts/v1: an issuer's token for one of ours. */
export const stsRoutes = defineRoutes(
  { api: 'sts/v1', tag: 'Token exchange (sts/v1)', dialect: 'oauth', credentials: [] },
  {
    exchangeToken: {
      name: 'exchangeStsV1OauthToken',
      summary: "Exchange a token of an identity provider for one that acts as the provider's pool",
      method: 'POST',
      path: '/sts/v1/oauth2/token',
      body: ExchangeTokenSchema,
      response: { status: 200, schema: ExchangedTokenSchema, location: false },
      permission: undefined,
      auditType: 'ExchangeToken',
      errors: [400, 413, 415],
    },
  },
);

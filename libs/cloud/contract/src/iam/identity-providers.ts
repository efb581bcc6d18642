import { z } from 'zod';
import {
  DescriptionSchema,
  DisplayNameSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
} from '../common.ts';

/** Longest URL of an issuer, in characters. */
const URL_CHARS_MAX = 1_024;
/** Longest claim, in characters: names of claims may be URLs. */
const CLAIM_CHARS_MAX = 255;
/** Longest filter, in characters: the contract says 300, its newer clients send longer ones. */
const FILTER_CHARS_MAX = 2_048;

const IssuerUrlSchema = z
  .url({ protocol: /^https?$/u, error: 'must be an https URL' })
  .max(URL_CHARS_MAX);

/** The claim that says who somebody is; `claims.` before it is left to taste. */
const IdentityClaimSchema = z
  .string()
  .max(CLAIM_CHARS_MAX)
  .regex(/^[\w.:/-]*$/u, 'must be the name of a claim, such as claims.sub');

const FilterSchema = z.string().min(1, 'must not be empty').max(FILTER_CHARS_MAX);

const PROVIDER_FIELDS = {
  display_name: DisplayNameSchema,
  description: DescriptionSchema,
  identity_claim: IdentityClaimSchema,
  issuer: IssuerUrlSchema,
  jwks_uri: IssuerUrlSchema,
} as const;

/** Body of POST /iam/v2/identity-providers. */
export const CreateIdentityProviderSchema = z.object({
  ...PROVIDER_FIELDS,
  identity_claim: IdentityClaimSchema.default(''),
});

/** Body of PATCH /iam/v2/identity-providers/{id}: only what changes. */
export const UpdateIdentityProviderSchema = z.object(PROVIDER_FIELDS).partial();

/** A public key of the issuer, as it was fetched. */
const ProviderKeySchema = z.object({
  kty: z.string(),
  kid: z.string(),
  alg: z.string(),
  use: z.string().optional(),
  n: z.string().optional(),
  e: z.string().optional(),
});

/** An identity provider as answers show it. */
export const IdentityProviderSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('IdentityProvider'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  display_name: z.string(),
  description: z.string(),
  identity_claim: z.string().optional(),
  state: z.literal('ENABLED'),
  issuer: z.string(),
  jwks_uri: z.string(),
  keys: z.array(ProviderKeySchema),
});

/** A page of identity providers. */
export const IdentityProviderListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('IdentityProviderList'),
  metadata: ListMetaSchema,
  data: z.array(IdentityProviderSchema),
});

/** Body of PATCH /iam/v2/identity-providers/{provider_id}/jwks. */
export const RefreshJwksSchema = z.object({
  spec: z.object({ jwks_status: z.literal('REFRESHED').optional() }).optional(),
});

/** How fetching the issuer's keys went. */
export const JWKS_STATUSES = [
  'REFRESHED',
  'OK',
  'INVALID_JWKS_URI',
  'ERROR_FETCHING_JWKS',
] as const;

/** The answer to a refresh. */
export const JwksSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('Jwks'),
  spec: z.object({ jwks_status: z.literal('REFRESHED') }),
  status: z.object({
    jwks_status: z.enum(JWKS_STATUSES),
    jwks_last_refresh_at: z.iso.datetime({ offset: true }).optional(),
  }),
});

const POOL_FIELDS = {
  display_name: DisplayNameSchema,
  description: DescriptionSchema,
  identity_claim: IdentityClaimSchema.min(1, 'must not be empty'),
  filter: FilterSchema,
} as const;

/** Body of POST .../identity-pools. */
export const CreateIdentityPoolSchema = z.object(POOL_FIELDS);

/** Body of PATCH .../identity-pools/{id}: only what changes. */
export const UpdateIdentityPoolSchema = z.object(POOL_FIELDS).partial();

/** Path of what lies in a provider. */
export const ProviderParamsSchema = z.object({ provider_id: IdSchema });

/** Path of one pool. */
export const PoolParamsSchema = ProviderParamsSchema.extend({ id: IdSchema });

/** An identity pool as answers show it. */
export const IdentityPoolSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('IdentityPool'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  display_name: z.string(),
  description: z.string(),
  identity_claim: z.string(),
  filter: z.string(),
  principal: z.string(),
  state: z.literal('ENABLED'),
});

/** A page of identity pools. */
export const IdentityPoolListSchema = z.object({
  api_version: z.literal('iam/v2'),
  kind: z.literal('IdentityPoolList'),
  metadata: ListMetaSchema,
  data: z.array(IdentityPoolSchema),
});

import { AppError } from '@weirhouse/shared-kernel';

/** The authority in every CRN of this platform; clients of the contract do not check it. */
export const CRN_AUTHORITY = 'weirhouse';

const PREFIX = 'crn://';

/** One `key=value` step of a CRN. A value may be `*` or end in `*` in a pattern. */
export interface CrnPart {
  readonly key: string;
  readonly value: string;
}

/** `crn://weirhouse/organization=<uuid>`. */
export function organizationCrn(organizationId: string): string {
  return `${PREFIX}${CRN_AUTHORITY}/organization=${organizationId}`;
}

/** `.../environment=env-x`; clients need `/environment=` in it. */
export function environmentCrn(organizationId: string, environmentId: string): string {
  return `${organizationCrn(organizationId)}/environment=${environmentId}`;
}

/** Names a cluster: which organization and environment it lives in. */
export interface ClusterPlace {
  readonly organizationId: string;
  readonly environmentId: string;
  readonly clusterId: string;
}

/** The cluster's form in role bindings: `.../cloud-cluster=lkc-x`. */
export function clusterRbacCrn(place: ClusterPlace): string {
  const environment = environmentCrn(place.organizationId, place.environmentId);
  return `${environment}/cloud-cluster=${place.clusterId}`;
}

/** `.../cloud-cluster=lkc-x/kafka=lkc-x`: clients cut the RBAC form off before `/kafka=`. */
export function clusterCrn(place: ClusterPlace): string {
  return `${clusterRbacCrn(place)}/kafka=${place.clusterId}`;
}

/** `.../service-account=sa-x` under the organization. */
export function serviceAccountCrn(organizationId: string, serviceAccountId: string): string {
  return `${organizationCrn(organizationId)}/service-account=${serviceAccountId}`;
}

/** `.../user=u-x` under the organization. */
export function userCrn(organizationId: string, userId: string): string {
  return `${organizationCrn(organizationId)}/user=${userId}`;
}

/** `.../invitation=i-x` under the organization. */
export function invitationCrn(organizationId: string, invitationId: string): string {
  return `${organizationCrn(organizationId)}/invitation=${invitationId}`;
}

/** `.../identity-provider=op-x` under the organization. */
export function identityProviderCrn(organizationId: string, providerId: string): string {
  return `${organizationCrn(organizationId)}/identity-provider=${providerId}`;
}

/** `.../identity-provider=op-x/identity-pool=pool-x`. */
export function identityPoolCrn(place: {
  readonly organizationId: string;
  readonly providerId: string;
  readonly poolId: string;
}): string {
  const provider = identityProviderCrn(place.organizationId, place.providerId);
  return `${provider}/identity-pool=${place.poolId}`;
}

/** `.../api-key=<ID>` under the organization. */
export function apiKeyCrn(organizationId: string, apiKeyId: string): string {
  return `${organizationCrn(organizationId)}/api-key=${apiKeyId}`;
}

/** The steps of a CRN or CRN pattern, values percent-decoded. Throws `invalid_argument`. */
export function parseCrn(crn: string): readonly CrnPart[] {
  const parts = findCrnParts(crn);
  if (parts === undefined) throw notCrn(crn);
  return parts;
}

/** The same, or undefined for text that is not a CRN. The authority is not looked at. */
export function findCrnParts(crn: string): readonly CrnPart[] | undefined {
  const slash = crn.indexOf('/', PREFIX.length);
  if (!crn.startsWith(PREFIX) || slash < 0) return undefined;
  const parts = crn
    .slice(slash + 1)
    .split('/')
    .map(findPart);
  return parts.includes(undefined) ? undefined : (parts as readonly CrnPart[]);
}

/**
 * The steps as text, percent-encoded in one way and without an authority: equal for CRNs that name
 * the same. A `*` stays as it is.
 */
export function formatCrnSteps(parts: readonly CrnPart[]): string {
  return parts.map(({ key, value }) => `${key}=${encodeURIComponent(value)}`).join('/');
}

/** `.../role-binding=rb-x` under the organization. */
export function roleBindingCrn(organizationId: string, roleBindingId: string): string {
  return `${organizationCrn(organizationId)}/role-binding=${roleBindingId}`;
}

/** `.../client-quota=cq-x` under the organization. */
export function clientQuotaCrn(organizationId: string, clientQuotaId: string): string {
  return `${organizationCrn(organizationId)}/client-quota=${clientQuotaId}`;
}

/** The value of a step, or undefined when the CRN has no such step. */
export function findCrnValue(parts: readonly CrnPart[], key: string): string | undefined {
  return parts.find((part) => part.key === key)?.value;
}

function findPart(step: string): CrnPart | undefined {
  const equals = step.indexOf('=');
  if (equals < 1 || equals === step.length - 1) return undefined;
  try {
    return { key: step.slice(0, equals), value: decodeURIComponent(step.slice(equals + 1)) };
  } catch {
    return undefined;
  }
}

function notCrn(crn: string): AppError {
  return new AppError(
    'invalid_argument',
    `"${crn}" is not a CRN: it must look like crn://authority/organization=id/...`,
    { field: 'crn_pattern' },
  );
}

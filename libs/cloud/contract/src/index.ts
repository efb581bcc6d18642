export { AVAILABILITIES, CLOUDS, CLUSTER_KINDS, CLUSTER_PHASES } from './cmk/clusters.ts';
export {
  apiKeyCrn,
  clientQuotaCrn,
  clusterCrn,
  clusterRbacCrn,
  CRN_AUTHORITY,
  environmentCrn,
  findCrnParts,
  findCrnValue,
  formatCrnSteps,
  identityPoolCrn,
  identityProviderCrn,
  invitationCrn,
  organizationCrn,
  parseCrn,
  roleBindingCrn,
  serviceAccountCrn,
  userCrn,
  type ClusterPlace,
  type CrnPart,
} from './crn.ts';
export { dialectOfPath, failureBody } from './dialects.ts';
export { hasEntityTag, isConditional, namesTag } from './entity-tags.ts';
export { IDEMPOTENCY_KEY_PATTERN, isRepeatable } from './idempotency.ts';
export {
  ERROR_KINDS,
  failureFromError,
  failureOf,
  FailureSchema,
  problemsOf,
  statusOf,
  type ErrorStatus,
  type Failure,
  type FailureAnswer,
  type Problem,
} from './errors.ts';
export {
  findIdPrefix,
  newApiKeyId,
  newApiSecret,
  newId,
  newOrganizationId,
  type IdPrefix,
} from './ids.ts';
export { ProduceRecordSchema } from './kafka/records.ts';
export { kafkaRoutes } from './kafka/routes.ts';
export { DEFAULT_PRINCIPAL } from './kafka-quotas/client-quotas.ts';
export { QUOTA_SCOPES } from './service-quota/applied-quotas.ts';
export { findNotOffered } from './not-offered.ts';
export { openApiDocument, type OpenApiDocument } from './openapi.ts';
export {
  cutPage,
  decodePageToken,
  encodePageToken,
  listMetadata,
  PAGE_SIZE_DEFAULT,
  PAGE_SIZE_MAX,
  type Page,
  type PageKey,
} from './paging.ts';
export { PERMISSIONS, type Permission, type PermissionResource } from './permissions.ts';
export {
  routePath,
  type CredentialKind,
  type Dialect,
  type Route,
  type RouteFamily,
  type RouteInput,
  type RouteOutput,
  type RouteRequest,
} from './route.ts';
export { routes } from './routes.ts';
export { AUDIT_TOPIC } from './v1/audit-log.ts';
export { COST_LINES } from './billing/costs.ts';

export {
  aclChanges,
  aclKey,
  type Acl,
  type AclOperation,
  type AclResourceType,
} from './access/acl.ts';
export { auditTopicAcls, auditTransactionalId } from './access/audit-topic-acls.ts';
export {
  findScopedPath,
  formatScopedPath,
  type CrnPath,
  type Scope,
  type ScopedPath,
} from './access/crn-path.ts';
export {
  allows,
  allowsSomewhere,
  grantedPlaces,
  grantsOf,
  includesGrant,
  visibleChildren,
  type Grant,
  type Visible,
} from './access/grants.ts';
export { describeRoles, type RoleDescription } from './access/role-description.ts';
export { findRole, ROLES, type Role } from './access/roles.ts';
export {
  brokerLimitsOf,
  brokersOf,
  isMultiZone,
  KIND_RULES,
  limitDifferences,
  limitsOf,
  unitsOf,
  zonesOf,
  type Availability,
  type BrokerLimits,
  type ClusterForm,
  type ClusterKind,
  type ClusterLimits,
  type KindRules,
} from './cluster-form.ts';
export {
  formAfter,
  formOfWish,
  isSameForm,
  type WishedChange,
  type WishedConfig,
  type WishedForm,
} from './form-rules.ts';
export { restartBackoffMs, type PlanInput } from './brokers-work.ts';
export { windowAt, type MaintenanceWindow } from './maintenance-window.ts';
export {
  quotaChanges,
  quotasPerBroker,
  type PrincipalQuota,
  type QuotaChanges,
} from './client-quotas.ts';
export { PLATFORM_SETTINGS, type ChangedSetting } from './platform-settings.ts';
export { plan, type Plan } from './plan.ts';
export { previewCluster, type ClusterPreview } from './preview.ts';
export { compileRoleBindings, type ClusterScope, type RoleBinding } from './access/role-acls.ts';
export { isDestructive } from './world.ts';
export type {
  Action,
  BrokerState,
  Condition,
  ConditionType,
  DesiredBroker,
  DesiredCluster,
  DesiredCredential,
  DesiredTopic,
  ObservedBroker,
  ObservedCluster,
  ObservedContents,
  ObservedLimits,
  Phase,
  RemovalReason,
  StopReason,
  Wait,
} from './world.ts';
export type { ConfigurationPlan, PlannedChange, Refusal } from './declare/change.ts';
export { canonicalAvailability, placeText } from './declare/declared.ts';
export { clustersToRead, planConfiguration } from './declare/diff.ts';
export { exportText } from './declare/export.ts';
export {
  aclAddress,
  addressOf,
  namesOf,
  roleBindingAddress,
  type AclIdentity,
  type DeclaredObject,
  type Fields,
  type LiveObject,
  type ObjectKind,
  type OwnedObject,
} from './declare/objects.ts';
export type { FieldChange } from './declare/kind-rules.ts';
export { formatFaults, parseWeirText, parseWeirValue } from './declare/parse.ts';
export { renderPlan, summaryLine } from './declare/render.ts';
export { weirJsonSchema } from './declare/schema.ts';
export { hourRowsOf, type HourRow } from './metering/hour-rows.ts';
export { meter, type BrokerMemory } from './metering/meter.ts';
export {
  clusterUsage,
  type BrokerReport,
  type UsageRow,
  type UsageSection,
  type Usage,
} from './metering/usage.ts';
export { clustersIn, parseFilter, type MetricFilter } from './metering/metric-filter.ts';
export { MetricPoints, type MetricPoint, type PointsQuery } from './metering/metric-points.ts';
export {
  CLUSTER_FIELD,
  fieldsOf,
  findMetric,
  labelsOf,
  METRICS,
  type Metric,
} from './metering/metrics.ts';
export {
  parseInterval,
  GRANULARITIES,
  requireSpan,
  unionOf,
  type Granularity,
  type TimeRange,
} from './metering/time-range.ts';
export {
  costsOf,
  type CostItem,
  type CostLine,
  type DayUsage,
  type Prices,
} from './metering/costs.ts';

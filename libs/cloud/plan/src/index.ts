export { aclChanges, aclKey, type Acl, type AclOperation, type AclResourceType } from './acl.ts';
export {
  isMultiZone,
  KIND_RULES,
  unitsOf,
  zonesOf,
  type Availability,
  type ClusterForm,
  type ClusterKind,
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
export { plan, restartBackoffMs, type Plan, type PlanInput } from './plan.ts';
export { compileRoleBindings, type ClusterScope, type RoleBinding } from './role-bindings.ts';
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
  Phase,
  Wait,
} from './world.ts';

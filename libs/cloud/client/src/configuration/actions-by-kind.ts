import { apiKeyActions, roleBindingActions, serviceAccountActions } from './account-actions.ts';
import type { ActionsByKind } from './actions.ts';
import { clusterActions, environmentActions } from './cluster-actions.ts';
import { aclActions, topicActions } from './inside-actions.ts';
import { quotaActions } from './quota-actions.ts';

/** How each kind is made, changed and deleted. */
export const ACTIONS: ActionsByKind = {
  environment: environmentActions,
  service_account: serviceAccountActions,
  cluster: clusterActions,
  role_binding: roleBindingActions,
  topic: topicActions,
  acl: aclActions,
  quota: quotaActions,
  api_key: apiKeyActions,
};

import { AppError } from '@weirhouse/shared-kernel';
import { apiKeyActions, roleBindingActions, serviceAccountActions } from './account-actions.ts';
import type { ActionsByKind, KindActions } from './actions.ts';
import { aclActions, topicActions } from './inside-actions.ts';
import { clusterActions, environmentActions } from './cluster-actions.ts';

const notOffered: KindActions = {
  create: () => Promise.reject(refusal()),
  delete: () => Promise.reject(refusal()),
};

/** How each kind is made, changed and deleted. */
export const ACTIONS: ActionsByKind = {
  environment: environmentActions,
  service_account: serviceAccountActions,
  cluster: clusterActions,
  role_binding: roleBindingActions,
  topic: topicActions,
  acl: aclActions,
  quota: notOffered,
  api_key: apiKeyActions,
};

function refusal(): AppError {
  return new AppError('invalid_argument', 'Quotas cannot be declared yet.');
}

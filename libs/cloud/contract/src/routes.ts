import { costRoutes } from './billing/cost-routes.ts';
import { clusterRoutes } from './cmk/cluster-routes.ts';
import { offerRoutes } from './cli/offer-routes.ts';
import { sessionRoutes } from './cli/session-routes.ts';
import { apiKeyRoutes } from './iam/api-key-routes.ts';
import { identityPoolRoutes, identityProviderRoutes } from './iam/identity-provider-routes.ts';
import { invitationRoutes } from './iam/invitation-routes.ts';
import { roleBindingRoutes, roleRoutes } from './iam/role-binding-routes.ts';
import { serviceAccountRoutes } from './iam/service-account-routes.ts';
import { stsRoutes } from './iam/sts-routes.ts';
import { userRoutes } from './iam/user-routes.ts';
import { kafkaRoutes } from './kafka/routes.ts';
import { regionRoutes } from './fcpm/region-routes.ts';
import { metricRoutes } from './metrics/metric-routes.ts';
import { environmentRoutes } from './org/environment-routes.ts';
import { organizationRoutes } from './org/organization-routes.ts';
import { schemaRegistryRoutes } from './srcm/schema-registry-routes.ts';
import { configurationRoutes } from './v1/configuration-routes.ts';
import { auditEventRoutes } from './v1/audit-event-routes.ts';
import { clusterOperationRoutes } from './v1/cluster-operation-routes.ts';
import { passwordRoutes } from './v1/password-routes.ts';
import { clientQuotaRoutes } from './kafka-quotas/client-quota-routes.ts';
import { serviceQuotaRoutes } from './service-quota/service-quota-routes.ts';

/** Every route of the contract, by the name our code calls it. The one place that lists them. */
export const routes = {
  ...organizationRoutes,
  ...environmentRoutes,
  ...regionRoutes,
  ...schemaRegistryRoutes,
  ...clusterRoutes,
  ...kafkaRoutes,
  ...clusterOperationRoutes,
  ...configurationRoutes,
  ...serviceAccountRoutes,
  ...apiKeyRoutes,
  ...userRoutes,
  ...invitationRoutes,
  ...sessionRoutes,
  ...offerRoutes,
  ...roleBindingRoutes,
  ...roleRoutes,
  ...identityProviderRoutes,
  ...identityPoolRoutes,
  ...stsRoutes,
  ...clientQuotaRoutes,
  ...serviceQuotaRoutes,
  ...auditEventRoutes,
  ...passwordRoutes,
  ...metricRoutes,
  ...costRoutes,
} as const;

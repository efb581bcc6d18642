import { aclRoutes } from './acls.ts';
import { brokerConfigRoutes, brokerRoutes } from './broker-routes.ts';
import { kafkaClusterRoutes } from './cluster-routes.ts';
import { clusterConfigRoutes, topicConfigRoutes } from './config-routes.ts';
import { consumerGroupRoutes } from './consumer-group-routes.ts';
import { recordRoutes } from './records.ts';
import { replicaRoutes } from './replica-routes.ts';
import { topicRoutes } from './topic-routes.ts';

/** Every route of kafka/v3. */
export const kafkaRoutes = {
  ...kafkaClusterRoutes,
  ...brokerRoutes,
  ...brokerConfigRoutes,
  ...topicRoutes,
  ...replicaRoutes,
  ...topicConfigRoutes,
  ...clusterConfigRoutes,
  ...aclRoutes,
  ...recordRoutes,
  ...consumerGroupRoutes,
} as const;

import { AclsController } from './acls.controller.ts';
import { BrokerConfigsController, BrokersController } from './brokers.controller.ts';
import { BrokersService } from './brokers.service.ts';
import { ClusterConfigsController, TopicConfigsController } from './configs.controller.ts';
import { ConfigsService } from './configs.service.ts';
import { ConsumerGroupsController } from './consumer-groups.controller.ts';
import { ConsumerGroupsService } from './consumer-groups.service.ts';
import { KafkaAccessRepository } from './kafka-access.repository.ts';
import { KafkaClusterController } from './kafka-cluster.controller.ts';
import { KafkaConnections } from './kafka-connections.ts';
import { KafkaGateway } from './kafka-gateway.ts';
import { RecordStreams } from './record-streams.ts';
import { RecordsController } from './records.controller.ts';
import { ReplicasController } from './replicas.controller.ts';
import { ReplicasService } from './replicas.service.ts';
import { TopicsController } from './topics.controller.ts';
import { TopicsService } from './topics.service.ts';

/** Controllers of kafka/v3. */
export const KAFKA_REST_CONTROLLERS = [
  KafkaClusterController,
  BrokersController,
  BrokerConfigsController,
  TopicsController,
  ReplicasController,
  TopicConfigsController,
  ClusterConfigsController,
  AclsController,
  ConsumerGroupsController,
  RecordsController,
] as const;

/** What they need. */
export const KAFKA_REST_PROVIDERS = [
  BrokersService,
  ConfigsService,
  ConsumerGroupsService,
  KafkaAccessRepository,
  KafkaConnections,
  KafkaGateway,
  RecordStreams,
  ReplicasService,
  TopicsService,
] as const;

import { defineRoutes, NOTHING } from '../define-routes.ts';
import { BrokerListSchema, BrokerSchema, ReplicaListSchema } from './brokers.ts';
import {
  BrokerConfigParamsSchema,
  BrokerParamsSchema,
  ClusterParamsSchema,
  KAFKA_FAMILY,
  KAFKA_READ_ERRORS,
  KAFKA_WRITE_ERRORS,
} from './common.ts';
import {
  AlterConfigsSchema,
  BrokerConfigListSchema,
  BrokerConfigSchema,
  UpdateConfigSchema,
} from './configs.ts';

const BROKERS = '/kafka/v3/clusters/{cluster_id}/brokers';

/** kafka/v3 brokers: where they are and what they hold. */
export const brokerRoutes = defineRoutes(KAFKA_FAMILY, {
  listBrokers: {
    name: 'listKafkaBrokers',
    summary: 'List the brokers of a cluster',
    method: 'GET',
    path: BROKERS,
    params: ClusterParamsSchema,
    response: { status: 200, schema: BrokerListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  getBroker: {
    name: 'getKafkaBroker',
    summary: 'Read a broker of a cluster',
    method: 'GET',
    path: `${BROKERS}/{broker_id}`,
    params: BrokerParamsSchema,
    response: { status: 200, schema: BrokerSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listBrokerReplicas: {
    name: 'listKafkaBrokerPartitionReplicas',
    summary: 'List what a broker holds of the topics that the caller may describe',
    method: 'GET',
    path: `${BROKERS}/{broker_id}/partition-replicas`,
    params: BrokerParamsSchema,
    response: { status: 200, schema: ReplicaListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
});

/** kafka/v3 settings of single brokers. */
export const brokerConfigRoutes = defineRoutes(KAFKA_FAMILY, {
  listAllBrokerConfigs: {
    name: 'listKafkaAllBrokerConfigs',
    summary: 'List the settings of every broker',
    method: 'GET',
    path: `${BROKERS}/-/configs`,
    params: ClusterParamsSchema,
    response: { status: 200, schema: BrokerConfigListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  listBrokerConfigs: {
    name: 'listKafkaBrokerConfigs',
    summary: 'List the settings of a broker',
    method: 'GET',
    path: `${BROKERS}/{broker_id}/configs`,
    params: BrokerParamsSchema,
    response: { status: 200, schema: BrokerConfigListSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  alterBrokerConfigs: {
    name: 'updateKafkaBrokerConfigBatch',
    summary: 'Change settings of a broker, all or none; validate_only changes nothing',
    method: 'POST',
    path: `${BROKERS}/{broker_id}/configs:alter`,
    params: BrokerParamsSchema,
    body: AlterConfigsSchema,
    response: NOTHING,
    permission: undefined,
    auditType: 'kafka.IncrementalAlterConfigs',
    errors: KAFKA_WRITE_ERRORS,
  },
  getBrokerConfig: {
    name: 'getKafkaBrokerConfig',
    summary: 'Read a setting of a broker',
    method: 'GET',
    path: `${BROKERS}/{broker_id}/configs/{name}`,
    params: BrokerConfigParamsSchema,
    response: { status: 200, schema: BrokerConfigSchema, location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  updateBrokerConfig: {
    name: 'updateKafkaBrokerConfig',
    summary: 'Change a setting of a broker',
    method: 'PUT',
    path: `${BROKERS}/{broker_id}/configs/{name}`,
    params: BrokerConfigParamsSchema,
    body: UpdateConfigSchema,
    response: NOTHING,
    permission: undefined,
    auditType: 'kafka.IncrementalAlterConfigs',
    errors: KAFKA_WRITE_ERRORS,
  },
  deleteBrokerConfig: {
    name: 'deleteKafkaBrokerConfig',
    summary: 'Set a setting of a broker back to what all brokers have',
    method: 'DELETE',
    path: `${BROKERS}/{broker_id}/configs/{name}`,
    params: BrokerConfigParamsSchema,
    response: NOTHING,
    permission: undefined,
    auditType: 'kafka.IncrementalAlterConfigs',
    errors: KAFKA_READ_ERRORS,
  },
});

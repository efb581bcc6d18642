import { z } from 'zod';
import {
  DisplayNameSchema,
  IdSchema,
  ListMetaSchema,
  ObjectMetaSchema,
  ReferenceInputSchema,
  ReferenceSchema,
} from '../common.ts';
import { PageQuerySchema } from '../paging.ts';

/** Cluster types of the contract. Which of them can be had is the service's decision. */
export const CLUSTER_KINDS = ['Basic', 'Standard', 'Dedicated', 'Enterprise', 'Freight'] as const;
/** SINGLE_ZONE and LOW mean the same, MULTI_ZONE and HIGH too. */
export const AVAILABILITIES = ['SINGLE_ZONE', 'MULTI_ZONE', 'LOW', 'HIGH'] as const;
/** Clients accept no other clouds; a site of one's own is told apart by its region. */
export const CLOUDS = ['AWS', 'GCP', 'AZURE'] as const;
/** Phases of a cluster; while it is being deleted it keeps the last one. */
export const CLUSTER_PHASES = ['PROVISIONING', 'PROVISIONED', 'FAILED'] as const;

/** Longest name of a key of other clouds, in characters. */
const ENCRYPTION_KEY_CHARS_MAX = 2_048;
/** Networks that clusters may be asked for at once. */
const NETWORKS_MAX = 100;

const MaxEckuSchema = z.int32().min(1).optional();
const CkuSchema = z.int32().min(1);
const ZonesSchema = z.array(IdSchema).min(1).max(3).optional();

const ClusterConfigSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('Basic'), max_ecku: MaxEckuSchema }),
  z.object({ kind: z.literal('Standard'), max_ecku: MaxEckuSchema }),
  z.object({
    kind: z.literal('Dedicated'),
    cku: CkuSchema,
    encryption_key: z.string().max(ENCRYPTION_KEY_CHARS_MAX).optional(),
    zones: ZonesSchema,
    release_priority: z.enum(['REGULAR', 'PRIORITY']).optional(),
  }),
  z.object({ kind: z.literal('Enterprise'), max_ecku: MaxEckuSchema }),
  z.object({ kind: z.literal('Freight'), max_ecku: MaxEckuSchema, zones: ZonesSchema }),
]);

const RegionSchema = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$/u, 'must be 1-63 letters, digits, dots or dashes');

/** Body of POST /cmk/v2/clusters. */
export const CreateClusterSchema = z.object({
  spec: z.object({
    display_name: DisplayNameSchema,
    availability: z.enum(AVAILABILITIES),
    cloud: z.enum(CLOUDS),
    region: RegionSchema,
    config: ClusterConfigSchema,
    environment: ReferenceInputSchema,
    network: ReferenceInputSchema.optional(),
    byok: ReferenceInputSchema.optional(),
    deletion_protection: z.boolean().optional(),
  }),
});

/** Body of PATCH /cmk/v2/clusters/{id}; clients always send the environment along. */
export const UpdateClusterSchema = z.object({
  spec: z.object({
    environment: ReferenceInputSchema,
    display_name: DisplayNameSchema.optional(),
    availability: z.enum(AVAILABILITIES).optional(),
    config: ClusterConfigSchema.optional(),
    deletion_protection: z.boolean().optional(),
  }),
});

/** Query of routes on one cluster. */
export const ClusterQuerySchema = z.object({
  environment: IdSchema.describe('The environment the cluster lies in.'),
});

/** Query of the list. */
export const ListClustersQuerySchema = PageQuerySchema.extend({
  environment: IdSchema.describe('The environment to list.'),
  'spec.deletion_protection': z.enum(['true', 'false']).optional(),
  'spec.network': z.union([IdSchema, z.array(IdSchema).max(NETWORKS_MAX)]).optional(),
});

const EndpointSchema = z.object({
  kafka_bootstrap_endpoint: z.string(),
  http_endpoint: z.url(),
  connection_type: z.enum(['PUBLIC', 'PRIVATE_LINK', 'PRIVATE_NETWORK_INTERFACE']),
});

/** A cluster as answers show it. The bootstrap endpoint appears once its ports are known. */
export const ClusterSchema = z.object({
  api_version: z.literal('cmk/v2'),
  kind: z.literal('Cluster'),
  id: IdSchema,
  metadata: ObjectMetaSchema,
  spec: z.object({
    display_name: z.string(),
    availability: z.enum(AVAILABILITIES),
    cloud: z.enum(CLOUDS),
    region: z.string(),
    config: ClusterConfigSchema,
    kafka_bootstrap_endpoint: z.string().optional(),
    http_endpoint: z.url().optional(),
    api_endpoint: z.string().optional(),
    endpoints: z.record(z.string(), EndpointSchema).optional(),
    deletion_protection: z.boolean().optional(),
    environment: ReferenceSchema,
    network: ReferenceSchema.optional(),
    byok: ReferenceSchema.optional(),
  }),
  status: z.object({ phase: z.enum(CLUSTER_PHASES), cku: CkuSchema.optional() }),
});

/** A page of clusters. */
export const ClusterListSchema = z.object({
  api_version: z.literal('cmk/v2'),
  kind: z.literal('ClusterList'),
  metadata: ListMetaSchema,
  data: z.array(ClusterSchema),
});

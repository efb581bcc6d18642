import { AVAILABILITIES, CLOUDS, CLUSTER_KINDS } from '@weirhouse/cloud-contract';
import { z } from 'zod';

/** Longest name of anything, in characters: the contract's own bound is the same. */
const NAME_CHARS_MAX = 128;
/** Most things of one kind in one place: a file beyond it is made by a program, which has the API. */
const ENTRIES_MAX = 1_000;

const NameSchema = z.string().min(1, 'must not be empty').max(NAME_CHARS_MAX);
const ProtectSchema = z
  .boolean()
  .default(false)
  .describe('True = plans that would delete or replace it are refused.');

/** YAML reads `7` and `true` as numbers and booleans; Kafka's settings are text. */
const SettingSchema = z
  .union([z.string(), z.int('must be a whole number: write it in quotes'), z.boolean()])
  .transform(String);

function named<const Value extends z.ZodType>(
  value: Value,
): z.ZodDefault<z.ZodRecord<typeof NameSchema, Value>> {
  return z
    .record(NameSchema, value)
    .refine((entries) => Object.keys(entries).length <= ENTRIES_MAX, {
      message: `must not hold more than ${ENTRIES_MAX} entries`,
    })
    .default({});
}

const TopicSchema = z.strictObject({
  partitions: z.int().min(1).optional().describe('Left out = the cluster decides.'),
  config: z
    .record(z.string().min(1), SettingSchema)
    .optional()
    .describe('Every setting that differs from the default; left out = they are left alone.'),
  protect: ProtectSchema,
});

const AclSchema = z.strictObject({
  principal: NameSchema.describe('A service account of this file, an id (sa-, u-, pool-), or *.'),
  permission: z.enum(['ALLOW', 'DENY']).default('ALLOW'),
  operation: z.enum([
    'ALL',
    'READ',
    'WRITE',
    'CREATE',
    'DELETE',
    'ALTER',
    'DESCRIBE',
    'CLUSTER_ACTION',
    'DESCRIBE_CONFIGS',
    'ALTER_CONFIGS',
    'IDEMPOTENT_WRITE',
  ]),
  resource_type: z.enum(['TOPIC', 'GROUP', 'CLUSTER', 'TRANSACTIONAL_ID']),
  resource_name: z
    .string()
    .min(1)
    .default('kafka-cluster')
    .describe('Left out only for CLUSTER, whose name is kafka-cluster.'),
  pattern_type: z.enum(['LITERAL', 'PREFIXED']).default('LITERAL'),
  host: z.string().min(1).default('*').describe('Where the client connects from; * = anywhere.'),
});

const ByteRateSchema = z.int().min(1).describe('Bytes per second.');

const QuotaSchema = z.strictObject({
  description: z.string().default(''),
  principals: z
    .array(NameSchema)
    .min(1)
    .describe('Service accounts of this file, ids, or <default> for everybody else.'),
  ingress_byte_rate: ByteRateSchema,
  egress_byte_rate: ByteRateSchema,
});

const ClusterSchema = z.strictObject({
  kind: z
    .enum(CLUSTER_KINDS)
    .describe('Basic may become Standard; every other change replaces it.'),
  availability: z
    .enum(AVAILABILITIES)
    .default('LOW')
    .describe('SINGLE_ZONE is LOW, MULTI_ZONE is HIGH.'),
  cloud: z.enum(CLOUDS),
  region: z
    .string()
    .min(1)
    .describe('A region of this platform, as GET /fcpm/v2/regions lists it.'),
  cku: z.int().min(1).optional().describe('Dedicated only: its size.'),
  zones: z
    .array(z.string().min(1))
    .min(1)
    .max(3)
    .optional()
    .describe('Dedicated only; none = the platform chooses.'),
  max_ecku: z.int().min(1).optional().describe('Not Dedicated: most units that it may use.'),
  deletion_protection: z
    .boolean()
    .optional()
    .describe('Enterprise and Dedicated: the API refuses to delete it, whoever asks.'),
  protect: ProtectSchema,
  topics: named(TopicSchema),
  acls: z.array(AclSchema).max(ENTRIES_MAX).default([]),
  quotas: named(QuotaSchema),
});

const EnvironmentSchema = z.strictObject({
  protect: ProtectSchema,
  clusters: named(ClusterSchema),
});

const KeySchema = z.strictObject({
  for: z
    .string()
    .min(1)
    .describe('cloud, global, or a cluster of this file as environment/cluster.'),
  description: z.string().default(''),
});

const ServiceAccountSchema = z.strictObject({
  description: z.string().default(''),
  protect: ProtectSchema,
  keys: named(KeySchema),
});

const RoleBindingSchema = z.strictObject({
  principal: NameSchema.describe('A service account of this file, or an id (sa-, u-, pool-).'),
  role: NameSchema.describe('OrganizationAdmin, EnvironmentAdmin, DeveloperRead and so on.'),
  on: z.string().min(1).describe('organization, an environment, or environment/cluster.'),
  topic: z.string().min(1).optional().describe('A topic of that cluster; orders-* = a prefix.'),
  kafka: z
    .literal(true)
    .optional()
    .describe('The Kafka cluster as a resource of its own, beside its topics.'),
  group: z
    .string()
    .min(1)
    .optional()
    .describe('A consumer group of that cluster; orders-* = a prefix.'),
  transactional_id: z.string().min(1).optional().describe('The same for a transactional id.'),
});

/** The whole file. Everything is named; the file's own name says which configuration it is. */
export const DocumentSchema = z
  .strictObject({
    name: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'must be 1-63 lower-case letters, digits or dashes')
      .describe('The configuration: what was made under this name is what destroy deletes.'),
    within: NameSchema.optional().describe(
      'An environment that is there: the file is about what it holds, and EnvironmentAdmin there is enough to apply it. Left out = the file is about the organization.',
    ),
    environments: named(EnvironmentSchema),
    service_accounts: named(ServiceAccountSchema),
    role_bindings: z.array(RoleBindingSchema).max(ENTRIES_MAX).default([]),
  })
  .describe('What a Weirhouse organization should hold.');

/** A file whose shape was checked; its references were not. */
export type WeirDocument = z.output<typeof DocumentSchema>;
/** The same as people write it: defaults left out. */
export type WeirDocumentInput = z.input<typeof DocumentSchema>;
export type DeclaredCluster = WeirDocument['environments'][string]['clusters'][string];

/** The file's form as JSON Schema (draft 2020-12), for editors. */
export function weirJsonSchema(): object {
  const { $schema, ...rest } = z.toJSONSchema(DocumentSchema, { io: 'input' });
  return { $schema, title: 'weir.yaml', ...rest };
}

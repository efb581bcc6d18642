import { z } from 'zod';
import { defineRoutes } from '../define-routes.ts';
import {
  ClusterParamsSchema,
  KAFKA_FAMILY,
  KAFKA_READ_ERRORS,
  KAFKA_WRITE_ERRORS,
  kafkaList,
  kafkaObject,
} from './common.ts';
import { OPERATION_NAMES } from './topics.ts';

/** Longest names in an ACL, in characters. */
const NAME_CHARS_MAX = 255;
/** Most ACLs that one request may create. */
const ACLS_MAX = 1_000;

/** What ACLs are about. Clients fail on any other word. */
export const ACL_RESOURCE_TYPES = [
  'UNKNOWN',
  'ANY',
  'TOPIC',
  'GROUP',
  'CLUSTER',
  'TRANSACTIONAL_ID',
  'DELEGATION_TOKEN',
] as const;
const PATTERN_TYPES = ['UNKNOWN', 'ANY', 'MATCH', 'LITERAL', 'PREFIXED'] as const;
const PERMISSIONS = ['UNKNOWN', 'ANY', 'DENY', 'ALLOW'] as const;

const NameSchema = z.string().min(1, 'must not be empty').max(NAME_CHARS_MAX);

const fields = {
  resource_type: z.enum(ACL_RESOURCE_TYPES),
  resource_name: NameSchema,
  pattern_type: z.enum(PATTERN_TYPES),
  principal: NameSchema,
  host: NameSchema,
  operation: z.enum(OPERATION_NAMES),
  permission: z.enum(PERMISSIONS),
};

const CreateAclSchema = z.object(fields);
const AclSchema = kafkaObject('KafkaAcl', fields);

/** What is left out matches everything. */
const AclQuerySchema = z.object(fields).partial();
/** Deleting names more, so that nobody deletes all by leaving a word out. */
const DeleteAclsQuerySchema = AclQuerySchema.required({
  resource_type: true,
  pattern_type: true,
  operation: true,
  permission: true,
});

const CREATED = { status: 201, schema: undefined, location: false } as const;

/** kafka/v3 ACLs. Those that roles mean are not shown and not touched. */
export const aclRoutes = defineRoutes(KAFKA_FAMILY, {
  listAcls: {
    name: 'getKafkaAcls',
    summary: 'List the ACLs that match',
    method: 'GET',
    path: '/kafka/v3/clusters/{cluster_id}/acls',
    params: ClusterParamsSchema,
    query: AclQuerySchema,
    response: { status: 200, schema: kafkaList('KafkaAclList', AclSchema), location: false },
    permission: undefined,
    errors: KAFKA_READ_ERRORS,
  },
  createAcl: {
    name: 'createKafkaAcls',
    summary: 'Create an ACL',
    method: 'POST',
    path: '/kafka/v3/clusters/{cluster_id}/acls',
    params: ClusterParamsSchema,
    body: CreateAclSchema,
    response: CREATED,
    permission: undefined,
    auditType: 'kafka.CreateAcls',
    errors: KAFKA_WRITE_ERRORS,
  },
  createAcls: {
    name: 'batchCreateKafkaAcls',
    summary: 'Create ACLs; the broker decides about each of them',
    method: 'POST',
    path: '/kafka/v3/clusters/{cluster_id}/acls:batch',
    params: ClusterParamsSchema,
    body: z.object({ data: z.array(CreateAclSchema).min(1, 'must not be empty').max(ACLS_MAX) }),
    response: CREATED,
    permission: undefined,
    auditType: 'kafka.CreateAcls',
    errors: KAFKA_WRITE_ERRORS,
  },
  deleteAcls: {
    name: 'deleteKafkaAcls',
    summary: 'Delete the ACLs that match and say which they were',
    method: 'DELETE',
    path: '/kafka/v3/clusters/{cluster_id}/acls',
    params: ClusterParamsSchema,
    query: DeleteAclsQuerySchema,
    response: { status: 200, schema: z.object({ data: z.array(AclSchema) }), location: false },
    permission: undefined,
    auditType: 'kafka.DeleteAcls',
    errors: KAFKA_READ_ERRORS,
  },
});

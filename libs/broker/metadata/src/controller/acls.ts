import { KafkaError } from '@weirhouse/kafka-protocol';
import type {
  CreateAclsRequest,
  CreateAclsRequestAclCreation,
} from '@weirhouse/kafka-protocol/messages/create-acls-request';
import type { CreateAclsResponse } from '@weirhouse/kafka-protocol/messages/create-acls-response';
import type { DeleteAclsRequest } from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import type {
  DeleteAclsFilterResult,
  DeleteAclsResponse,
} from '@weirhouse/kafka-protocol/messages/delete-acls-response';
import type { Uuid } from '@weirhouse/shared-kernel';
import { type Acl, findAclFault, findAclFilterFault } from '../acl-model.ts';
import { type OriginScope, originScopeOf, selectAcls } from '../describe/select-acls.ts';
import type { MetadataRecord } from '../records.ts';
import {
  ACLS_MAX,
  type ApiError,
  type ControllerContext,
  type ControllerResult,
  randomUuid,
} from './controller-types.ts';

const NO_ERROR: ApiError = { errorCode: KafkaError.NONE, errorMessage: null };

/** Who alters ACLs. */
export interface AclAlterationOptions {
  /**
   * True for requests of the platform itself: only they can say what made an ACL (the tagged field
   * `origin`) or reach the ACLs that role bindings made. Others see and make ordinary ACLs.
   */
  readonly fromPlatform: boolean;
}

/**
 * CreateAcls (KIP-140): one result per ACL, in order. An ACL that is there already is a success and
 * makes no record. Errors: 42 the ACL makes no sense, 44 too many ACLs.
 */
export function createAcls(
  context: ControllerContext,
  request: CreateAclsRequest,
  options: AclAlterationOptions,
): ControllerResult<CreateAclsResponse> {
  const records = new Map<string, MetadataRecord>();
  const results = request.creations.map((creation) => {
    const acl = aclOf(creation, options);
    const reason = findAclFault(acl);
    if (reason !== undefined) {
      return { errorCode: KafkaError.INVALID_REQUEST, errorMessage: reason };
    }
    const key = JSON.stringify(acl);
    if (records.has(key) || context.image.acls.findEqual(acl) !== undefined) return NO_ERROR;
    if (context.image.acls.size + records.size >= ACLS_MAX) {
      const errorMessage = `A cluster can have at most ${ACLS_MAX} ACLs.`;
      return { errorCode: KafkaError.POLICY_VIOLATION, errorMessage };
    }
    records.set(key, aclRecord({ id: randomUuid(context.random), ...acl }));
    return NO_ERROR;
  });
  return { records: [...records.values()], response: { throttleTimeMs: 0, results } };
}

/** The record that stores an ACL. */
export function aclRecord(acl: Acl): MetadataRecord {
  return { kind: 'accessControlEntry', body: acl };
}

function aclOf(
  creation: CreateAclsRequestAclCreation,
  options: AclAlterationOptions,
): Omit<Acl, 'id'> {
  return {
    resourceType: creation.resourceType,
    resourceName: creation.resourceName,
    patternType: creation.resourcePatternType,
    principal: creation.principal,
    host: creation.host,
    operation: creation.operation,
    permissionType: creation.permissionType,
    origin: options.fromPlatform ? creation.origin : null,
  };
}

/**
 * DeleteAcls: one result per filter with the ACLs it matched; an ACL that two filters match is
 * removed once. Error: 42 the filter makes no sense.
 */
export function deleteAcls(
  context: ControllerContext,
  request: DeleteAclsRequest,
  options: AclAlterationOptions,
): ControllerResult<DeleteAclsResponse> {
  const removed = new Set<Uuid>();
  const filterResults = request.filters.map((filter): DeleteAclsFilterResult => {
    const reason = findAclFilterFault(filter);
    if (reason !== undefined) {
      const error = { errorCode: KafkaError.INVALID_REQUEST, errorMessage: reason };
      return { ...error, matchingAcls: [] };
    }
    const scope: OriginScope = originScopeOf(filter.unknownTaggedFields, options.fromPlatform);
    const selected = selectAcls(context.image.acls, filter, scope);
    for (const acl of selected) removed.add(acl.id);
    const matchingAcls = selected.map((acl) => ({
      errorCode: KafkaError.NONE,
      errorMessage: null,
      resourceType: acl.resourceType,
      resourceName: acl.resourceName,
      patternType: acl.patternType,
      principal: acl.principal,
      host: acl.host,
      operation: acl.operation,
      permissionType: acl.permissionType,
    }));
    return { ...NO_ERROR, matchingAcls };
  });
  const records = [...removed].map((id): MetadataRecord => {
    return { kind: 'removeAccessControlEntry', body: { id } };
  });
  return { records, response: { throttleTimeMs: 0, filterResults } };
}

import type { TaggedField } from '@weirhouse/kafka-protocol';
import { defaultCreateAclsRequestAclCreation } from '@weirhouse/kafka-protocol/messages/create-acls-request';
import {
  defaultDeleteAclsFilter,
  type DeleteAclsFilter,
} from '@weirhouse/kafka-protocol/messages/delete-acls-request';
import type { DescribeAclsResource } from '@weirhouse/kafka-protocol/messages/describe-acls-response';
import { AppError } from '@weirhouse/shared-kernel';
import type { Send } from '../api.ts';
import { apis } from '../apis.ts';
import { findKafkaError, requireSuccess } from '../errors.ts';
import {
  ANY_CODE,
  MATCH_CODE,
  OPERATION_CODES,
  PATTERN_TYPE_CODES,
  PERMISSION_CODES,
  RESOURCE_TYPE_CODES,
  wordOf,
  type AclOperation,
  type AclResourceType,
} from './acl-codes.ts';
import { ORIGIN_TAG, originTags, readOrigin } from './origin-tag.ts';

/** One access control entry. */
export interface AclBinding {
  readonly resourceType: AclResourceType;
  readonly resourceName: string;
  readonly patternType: 'literal' | 'prefixed';
  readonly principal: string;
  readonly host: string;
  readonly operation: AclOperation;
  readonly permission: 'allow' | 'deny';
}

/** An entry as the broker lists it, with our mark of who made it. */
export interface DescribedAcl extends AclBinding {
  /** Undefined = made by a person, or the broker does not tell origins. */
  readonly origin: string | undefined;
}

/** Entries to look for; an absent field matches everything. */
export type AclFilter = {
  readonly [Field in Exclude<keyof AclBinding, 'patternType'>]?: AclBinding[Field];
} & {
  /** `match` = whatever concerns a resource of that name: literal, prefixed and the wildcard. */
  readonly patternType?: AclBinding['patternType'] | 'match';
};

/** The filter on the wire, equal in DescribeAcls and DeleteAcls. */
type WireFilter = Omit<DeleteAclsFilter, 'unknownTaggedFields'> & {
  readonly unknownTaggedFields?: readonly TaggedField[] | undefined;
};

/** Whose entries a call is about: those with our mark, or (absent) those that people made. */
export interface AclOriginOption {
  readonly origin?: string;
}

/** Creates entries; the outcomes are in the order of `bindings`, undefined = created. */
export async function createAcls(
  send: Send,
  bindings: readonly AclBinding[],
  options: AclOriginOption = {},
): Promise<readonly (AppError | undefined)[]> {
  const response = await send(apis.createAcls, {
    creations: bindings.map((binding) =>
      Object.assign(defaultCreateAclsRequestAclCreation(), {
        resourceType: RESOURCE_TYPE_CODES[binding.resourceType],
        resourceName: binding.resourceName,
        resourcePatternType: PATTERN_TYPE_CODES[binding.patternType],
        principal: binding.principal,
        host: binding.host,
        operation: OPERATION_CODES[binding.operation],
        permissionType: PERMISSION_CODES[binding.permission],
        origin: options.origin ?? null,
      }),
    ),
  });
  if (response.results.length !== bindings.length)
    throw new AppError('corrupt', 'the broker answered for another number of ACLs');
  return response.results.map((result) => findKafkaError(result.errorCode, result.errorMessage));
}

/** Lists entries; ones with codes that this client does not know are left out. */
export async function describeAcls(
  send: Send,
  filter: AclFilter,
  options: AclOriginOption = {},
): Promise<readonly DescribedAcl[]> {
  const response = await send(apis.describeAcls, wireFilter(filter, options.origin));
  requireSuccess(response.errorCode, response.errorMessage);
  return response.resources.flatMap((resource) => resourceAcls(resource));
}

/** Deletes the entries that match any filter; returns those that are gone. */
export async function deleteAcls(
  send: Send,
  filters: readonly AclFilter[],
  options: AclOriginOption = {},
): Promise<readonly AclBinding[]> {
  const response = await send(apis.deleteAcls, {
    filters: filters.map((filter) => wireFilter(filter, options.origin)),
  });
  const deleted: AclBinding[] = [];
  for (const result of response.filterResults) {
    requireSuccess(result.errorCode, result.errorMessage);
    for (const acl of result.matchingAcls) {
      requireSuccess(acl.errorCode, acl.errorMessage);
      const binding = readBinding(acl);
      if (binding) deleted.push(binding);
    }
  }
  return deleted;
}

function wireFilter(filter: AclFilter, origin: string | undefined): WireFilter {
  return {
    ...defaultDeleteAclsFilter(),
    resourceTypeFilter: filter.resourceType ? RESOURCE_TYPE_CODES[filter.resourceType] : ANY_CODE,
    resourceNameFilter: filter.resourceName ?? null,
    patternTypeFilter: patternCode(filter.patternType),
    principalFilter: filter.principal ?? null,
    hostFilter: filter.host ?? null,
    operation: filter.operation ? OPERATION_CODES[filter.operation] : ANY_CODE,
    permissionType: filter.permission ? PERMISSION_CODES[filter.permission] : ANY_CODE,
    unknownTaggedFields: originTags(origin),
  };
}

function patternCode(patternType: AclFilter['patternType']): number {
  if (patternType === undefined) return ANY_CODE;
  return patternType === 'match' ? MATCH_CODE : PATTERN_TYPE_CODES[patternType];
}

function resourceAcls(resource: DescribeAclsResource): readonly DescribedAcl[] {
  return resource.acls.flatMap((acl) => {
    const { resourceType, resourceName, patternType } = resource;
    const { principal, host, operation, permissionType } = acl;
    const binding = readBinding({
      resourceType,
      resourceName,
      patternType,
      principal,
      host,
      operation,
      permissionType,
    });
    const tag = acl.unknownTaggedFields?.find((field) => field.tag === ORIGIN_TAG);
    return binding ? [{ ...binding, origin: tag && readOrigin(tag) }] : [];
  });
}

function readBinding(acl: {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly patternType: number;
  readonly principal: string;
  readonly host: string;
  readonly operation: number;
  readonly permissionType: number;
}): AclBinding | undefined {
  const resourceType = wordOf(RESOURCE_TYPE_CODES, acl.resourceType);
  const patternType = wordOf(PATTERN_TYPE_CODES, acl.patternType);
  const operation = wordOf(OPERATION_CODES, acl.operation);
  const permission = wordOf(PERMISSION_CODES, acl.permissionType);
  if (!resourceType || !patternType || !operation || !permission) return undefined;
  const { resourceName, principal, host } = acl;
  return { resourceType, resourceName, patternType, principal, host, operation, permission };
}

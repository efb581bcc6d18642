import { KafkaError } from '@weirhouse/kafka-protocol';
import type { DescribeAclsRequest } from '@weirhouse/kafka-protocol/messages/describe-acls-request';
import type {
  DescribeAclsResource,
  DescribeAclsResponse,
  DescribeAclsResponseAclDescription,
} from '@weirhouse/kafka-protocol/messages/describe-acls-response';
import { type Acl, findAclFilterFault } from '../acl-model.ts';
import { extensionText } from '../extension-tags.ts';
import type { AclsImage } from '../image/acls-image.ts';
import { originScopeOf, selectAcls } from './select-acls.ts';

/**
 * DescribeAcls: the ACLs a filter selects, grouped by resource. Plain clients see ACLs that people
 * made; the platform may ask for others and is told their origin. Error: 42 the filter makes no sense.
 */
export function describeAcls(
  acls: AclsImage,
  request: DescribeAclsRequest,
  options: { readonly fromPlatform: boolean },
): DescribeAclsResponse {
  const reason = findAclFilterFault(request);
  if (reason !== undefined) {
    const error = { errorCode: KafkaError.INVALID_REQUEST, errorMessage: reason };
    return { throttleTimeMs: 0, ...error, resources: [] };
  }
  const scope = originScopeOf(request.unknownTaggedFields, options.fromPlatform);
  const groups = new Map<string, Acl[]>();
  for (const acl of selectAcls(acls, request, scope)) {
    const key = `${acl.resourceType}:${acl.patternType}:${acl.resourceName}`;
    const group = groups.get(key) ?? [];
    group.push(acl);
    groups.set(key, group);
  }
  const resources = [...groups.values()].flatMap(describeGroup);
  return { throttleTimeMs: 0, errorCode: KafkaError.NONE, errorMessage: null, resources };
}

function describeGroup(acls: readonly Acl[]): DescribeAclsResource[] {
  const [first] = acls;
  if (first === undefined) return [];
  const { resourceType, resourceName, patternType } = first;
  return [{ resourceType, resourceName, patternType, acls: acls.map(describeAcl) }];
}

function describeAcl(acl: Acl): DescribeAclsResponseAclDescription {
  const { principal, host, operation, permissionType, origin } = acl;
  const unknownTaggedFields = extensionText(origin);
  return { principal, host, operation, permissionType, unknownTaggedFields };
}

import type { TaggedField } from '@weirhouse/kafka-protocol';
import {
  type Acl,
  type AclFilter,
  AclPatternType,
  AclResourceType,
  matchesAclFilter,
} from '../acl-model.ts';
import { readExtensionText } from '../extension-tags.ts';
import type { AclsImage } from '../image/acls-image.ts';

/**
 * Which ACLs a filter may reach by what made them: null = those that people and plain clients made,
 * a text = those of that origin, `*` = all, undefined = the text was unreadable, so none.
 */
export type OriginScope = string | null | undefined;

/** In the platform's filters: ACLs of every origin and of none. */
export const EVERY_ORIGIN = '*';

/** The scope of a filter: its tagged field, which only the platform may set. */
export function originScopeOf(
  fields: readonly TaggedField[] | undefined,
  fromPlatform: boolean,
): OriginScope {
  return fromPlatform ? readExtensionText(fields) : null;
}

/** The ACLs that a filter selects within its scope. */
export function selectAcls(acls: AclsImage, filter: AclFilter, scope: OriginScope): readonly Acl[] {
  return [...candidates(acls, filter)].filter(
    (acl) => (scope === EVERY_ORIGIN || acl.origin === scope) && matchesAclFilter(filter, acl),
  );
}

/** A filter for one literal name looks at that name's ACLs only, not at all of them. */
function candidates(acls: AclsImage, filter: AclFilter): Iterable<Acl> {
  const { resourceTypeFilter, resourceNameFilter, patternTypeFilter } = filter;
  const exact = resourceNameFilter !== null && patternTypeFilter === AclPatternType.LITERAL;
  return exact && resourceTypeFilter !== AclResourceType.ANY
    ? acls.literals(resourceTypeFilter, resourceNameFilter)
    : acls.values();
}

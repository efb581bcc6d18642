import {
  type Acl,
  AclOperation,
  AclPatternType,
  AclPermission,
  WILDCARD,
  WILDCARD_PRINCIPAL,
} from './acl-model.ts';
import type { AclsImage } from './image/acls-image.ts';

/** Who asks, and from where. Keep one object per connection: decisions are remembered with it. */
export interface Subject {
  /** As `User:agent`. */
  readonly principal: string;
  /** The address of the connection, as text. */
  readonly host: string;
}

export interface AuthorizerOptions {
  readonly acls: AclsImage;
  /** Principals for whom every operation is allowed, as `User:admin`. */
  readonly superUsers: ReadonlySet<string>;
  /** Whether a resource to which no ACL applies is open: `allow.everyone.if.no.acl.found`. */
  readonly allowIfNoAcl: boolean;
}

/** Decisions remembered over all subjects; about 100 bytes each. */
export const REMEMBERED_DECISIONS_MAX = 50_000;

/** Operations that include DESCRIBE, and DESCRIBE_CONFIGS, when they are allowed (KIP-11). */
const IMPLY_DESCRIBE: ReadonlySet<number> = new Set([
  AclOperation.DESCRIBE,
  AclOperation.READ,
  AclOperation.WRITE,
  AclOperation.DELETE,
  AclOperation.ALTER,
]);
const IMPLY_DESCRIBE_CONFIGS: ReadonlySet<number> = new Set([
  AclOperation.DESCRIBE_CONFIGS,
  AclOperation.ALTER_CONFIGS,
]);

/** A resource type and name in one text, as the key of remembered decisions. */
type ResourceKey = string;

/** Bits of a remembered decision: operation n decided at bit n, allowed at bit n + 16. */
type Decisions = Map<ResourceKey, number>;
const ALLOWED_SHIFT = 16;

/**
 * Decides what principals may do, as Kafka's StandardAuthorizer: a super user may do everything; else
 * a matching DENY refuses; else a matching ALLOW allows; else it is refused, unless no ACL at all
 * applies to the resource and `allowIfNoAcl` is set.
 */
export class Authorizer {
  readonly #acls: AclsImage;
  readonly #options: AuthorizerOptions;
  #decisions = new WeakMap<Subject, Decisions>();
  #decisionCount = 0;
  #aclsVersion = -1;

  constructor(options: AuthorizerOptions) {
    this.#options = options;
    this.#acls = options.acls;
  }

  /** True for principals who may do everything. */
  isSuperUser(principal: string): boolean {
    return this.#options.superUsers.has(principal);
  }

  /** Whether `subject` may do `operation` on the named resource. Remembers the decision. */
  authorize(
    subject: Subject,
    operation: AclOperation,
    resourceType: number,
    resourceName: string,
  ): boolean {
    if (this.isSuperUser(subject.principal)) return true;
    const decisions = this.#decisionsOf(subject);
    const key = `${resourceType}:${resourceName}`;
    const known = decisions.get(key) ?? 0;
    if ((known & (1 << operation)) !== 0) {
      return (known & (1 << (operation + ALLOWED_SHIFT))) !== 0;
    }
    const allowed = this.#decide(subject, operation, { resourceType, resourceName });
    const bits = (1 << operation) | (allowed ? 1 << (operation + ALLOWED_SHIFT) : 0);
    decisions.set(key, known | bits);
    if (known === 0) this.#decisionCount += 1;
    return allowed;
  }

  /**
   * Whether `subject` may do `operation` on at least one resource of the type (KIP-679), such as
   * WRITE on any topic. An ALLOW counts only when no DENY covers all it allows.
   */
  authorizeByResourceType(
    subject: Subject,
    operation: AclOperation,
    resourceType: number,
  ): boolean {
    if (this.isSuperUser(subject.principal)) return true;
    const allows: Acl[] = [];
    const denies: Acl[] = [];
    for (const acl of this.#acls.ofType(resourceType)) {
      if (!concerns(acl, subject)) continue;
      if (acl.operation !== operation && acl.operation !== AclOperation.ALL) continue;
      (acl.permissionType === AclPermission.DENY ? denies : allows).push(acl);
    }
    if (denies.some((deny) => isWildcard(deny))) return false;
    if (allows.some((allow) => !denies.some((deny) => covers(deny, allow)))) return true;
    // Any name that no ACL mentions will do; only a wildcard applies to every name.
    return this.#options.allowIfNoAcl && this.#acls.literals(resourceType, WILDCARD).length === 0;
  }

  #decisionsOf(subject: Subject): Decisions {
    if (
      this.#aclsVersion !== this.#acls.version ||
      this.#decisionCount >= REMEMBERED_DECISIONS_MAX
    ) {
      this.#decisions = new WeakMap();
      this.#decisionCount = 0;
      this.#aclsVersion = this.#acls.version;
    }
    const known = this.#decisions.get(subject);
    if (known !== undefined) return known;
    const decisions: Decisions = new Map();
    this.#decisions.set(subject, decisions);
    return decisions;
  }

  #decide(
    subject: Subject,
    operation: AclOperation,
    resource: { readonly resourceType: number; readonly resourceName: string },
  ): boolean {
    const { resourceType, resourceName } = resource;
    let anyAcl = false;
    let allowed = false;
    let denied = false;
    const visit = (acls: readonly Acl[]): void => {
      anyAcl ||= acls.length > 0;
      for (const acl of acls) {
        if (!concerns(acl, subject) || !applies(acl, operation)) continue;
        if (acl.permissionType === AclPermission.DENY) denied = true;
        else allowed = true;
      }
    };
    visit(this.#acls.literals(resourceType, resourceName));
    if (resourceName !== WILDCARD) visit(this.#acls.literals(resourceType, WILDCARD));
    this.#acls.forEachPrefixOf(resourceType, resourceName, visit);
    if (denied) return false;
    return allowed || (!anyAcl && this.#options.allowIfNoAcl);
  }
}

function concerns(acl: Acl, subject: Subject): boolean {
  return (
    (acl.principal === subject.principal || acl.principal === WILDCARD_PRINCIPAL) &&
    (acl.host === WILDCARD || acl.host === subject.host)
  );
}

/** Implied operations hold for ALLOW only: to deny READ does not deny DESCRIBE. */
function applies(acl: Acl, operation: AclOperation): boolean {
  if (acl.operation === operation || acl.operation === AclOperation.ALL) return true;
  if (acl.permissionType !== AclPermission.ALLOW) return false;
  if (operation === AclOperation.DESCRIBE) return IMPLY_DESCRIBE.has(acl.operation);
  return operation === AclOperation.DESCRIBE_CONFIGS && IMPLY_DESCRIBE_CONFIGS.has(acl.operation);
}

function isWildcard(acl: Acl): boolean {
  return acl.patternType === AclPatternType.LITERAL && acl.resourceName === WILDCARD;
}

/** Whether all names that `allow` allows are refused by `deny`. */
function covers(deny: Acl, allow: Acl): boolean {
  if (isWildcard(allow)) return isWildcard(deny);
  if (deny.patternType === AclPatternType.PREFIXED) {
    return allow.resourceName.startsWith(deny.resourceName);
  }
  return (
    isWildcard(deny) ||
    (allow.patternType === AclPatternType.LITERAL && allow.resourceName === deny.resourceName)
  );
}

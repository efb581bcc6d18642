import type { Uuid } from '@weirhouse/shared-kernel';
import { type Acl, AclPatternType } from '../acl-model.ts';

const NO_ACLS: readonly Acl[] = [];

/** The ACLs of one resource type, arranged for "which apply to this name". */
class AclsOfType {
  readonly #literals = new Map<string, Acl[]>();
  readonly #prefixes = new Map<string, Acl[]>();
  /** How many distinct prefixes have each length: a name is cut only at lengths that occur. */
  readonly #prefixLengths = new Map<number, number>();

  add(acl: Acl): void {
    const prefixed = acl.patternType === AclPatternType.PREFIXED;
    const byName = prefixed ? this.#prefixes : this.#literals;
    const known = byName.get(acl.resourceName);
    if (known !== undefined) {
      known.push(acl);
      return;
    }
    byName.set(acl.resourceName, [acl]);
    if (prefixed) this.#countPrefix(acl.resourceName.length, 1);
  }

  remove(acl: Acl): void {
    const prefixed = acl.patternType === AclPatternType.PREFIXED;
    const byName = prefixed ? this.#prefixes : this.#literals;
    const left = (byName.get(acl.resourceName) ?? NO_ACLS).filter(({ id }) => id !== acl.id);
    if (left.length > 0) {
      byName.set(acl.resourceName, left);
      return;
    }
    byName.delete(acl.resourceName);
    if (prefixed) this.#countPrefix(acl.resourceName.length, -1);
  }

  literals(resourceName: string): readonly Acl[] {
    return this.#literals.get(resourceName) ?? NO_ACLS;
  }

  forEachPrefixOf(resourceName: string, visit: (acls: readonly Acl[]) => void): void {
    for (const length of this.#prefixLengths.keys()) {
      if (length > resourceName.length) continue;
      const acls = this.#prefixes.get(resourceName.slice(0, length));
      if (acls !== undefined) visit(acls);
    }
  }

  *all(): IterableIterator<Acl> {
    for (const acls of this.#literals.values()) yield* acls;
    for (const acls of this.#prefixes.values()) yield* acls;
  }

  #countPrefix(length: number, change: number): void {
    const count = (this.#prefixLengths.get(length) ?? 0) + change;
    if (count === 0) this.#prefixLengths.delete(length);
    else this.#prefixLengths.set(length, count);
  }
}

/** All ACLs. Changed only by `MetadataImage.replay`. */
export class AclsImage {
  readonly #byId = new Map<Uuid, Acl>();
  readonly #byContent = new Map<string, Acl>();
  readonly #byType = new Map<number, AclsOfType>();
  #version = 0;

  /** Grows with every change; caches compare it. */
  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#byId.size;
  }

  values(): IterableIterator<Acl> {
    return this.#byId.values();
  }

  /** The ACL that says exactly the same for the same origin, whatever its id. */
  findEqual(acl: Omit<Acl, 'id'>): Acl | undefined {
    return this.#byContent.get(contentKey(acl));
  }

  /** ACLs whose literal name is `resourceName`; the name `*` gives the wildcard ones. */
  literals(resourceType: number, resourceName: string): readonly Acl[] {
    return this.#byType.get(resourceType)?.literals(resourceName) ?? NO_ACLS;
  }

  /** Visits the ACLs of every prefix that `resourceName` begins with. */
  forEachPrefixOf(
    resourceType: number,
    resourceName: string,
    visit: (acls: readonly Acl[]) => void,
  ): void {
    this.#byType.get(resourceType)?.forEachPrefixOf(resourceName, visit);
  }

  /** Every ACL of a resource type. */
  *ofType(resourceType: number): IterableIterator<Acl> {
    const acls = this.#byType.get(resourceType);
    if (acls !== undefined) yield* acls.all();
  }

  add(acl: Acl): void {
    this.remove(acl.id);
    this.#version += 1;
    this.#byId.set(acl.id, acl);
    this.#byContent.set(contentKey(acl), acl);
    const ofType = this.#byType.get(acl.resourceType) ?? new AclsOfType();
    ofType.add(acl);
    this.#byType.set(acl.resourceType, ofType);
  }

  remove(id: Uuid): void {
    const acl = this.#byId.get(id);
    if (acl === undefined) return;
    this.#version += 1;
    this.#byId.delete(id);
    this.#byContent.delete(contentKey(acl));
    this.#byType.get(acl.resourceType)?.remove(acl);
  }
}

function contentKey(acl: Omit<Acl, 'id'>): string {
  return JSON.stringify([
    acl.resourceType,
    acl.resourceName,
    acl.patternType,
    acl.principal,
    acl.host,
    acl.operation,
    acl.permissionType,
    acl.origin,
  ]);
}

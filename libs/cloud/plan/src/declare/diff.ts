import type { ConfigurationPlan, PlannedChange, Refusal } from './change.ts';
import { deletionRisks, findReplaceReason, updateRisks, type FieldChange } from './kind-rules.ts';
import {
  findKind,
  OBJECT_KINDS,
  type DeclaredObject,
  type Fields,
  type LiveObject,
  type OwnedObject,
} from './objects.ts';

/** Both sides of a diff. */
export interface ConfigurationWorld {
  readonly configuration: string;
  /** Empty = everything that the configuration made is to go. */
  readonly declared: readonly DeclaredObject[];
  readonly live: readonly LiveObject[];
  /** What the server remembers that this configuration made. */
  readonly owned: readonly OwnedObject[];
  /** Addresses that a file which is being destroyed protects. */
  readonly protectedByFile?: readonly string[];
}

interface Index {
  readonly live: ReadonlyMap<string, LiveObject>;
  readonly owned: ReadonlyMap<string, OwnedObject>;
  readonly declared: ReadonlyMap<string, DeclaredObject>;
}

/**
 * What brings the live state to what the file says. Objects that the configuration did not make are
 * changed in place when the file names them, and never deleted or replaced.
 */
export function planConfiguration(world: ConfigurationWorld): ConfigurationPlan {
  const index: Index = {
    live: byAddress(world.live),
    owned: byAddress(world.owned),
    declared: byAddress(world.declared),
  };
  const deletions = planDeletions(world, index);
  const wishes = planWishes(world.declared, index);
  const refusals = [...wishes, ...deletions].flatMap((change) => refusalsOf(change, world, index));
  const forgotten = world.owned
    .filter(({ address }) => !index.live.has(address) && !index.declared.has(address))
    .map(({ address }) => address);
  return {
    configuration: world.configuration,
    changes: [...wishes, ...deletions],
    refusals,
    unchanged: world.declared.length - new Set(wishes.map(({ address }) => address)).size,
    forgotten: forgotten.toSorted(),
  };
}

function planWishes(declared: readonly DeclaredObject[], index: Index): PlannedChange[] {
  /** Objects that will be other ones after the plan: what needs them is made anew. */
  const renewed = new Set<string>();
  const changes: PlannedChange[] = [];
  for (const wish of declared.toSorted(inOrder)) {
    for (const change of planWish(wish, index, renewed)) {
      if (change.verb === 'create' || change.verb === 'replace') renewed.add(wish.address);
      changes.push(change);
    }
  }
  return changes;
}

function planWish(
  wish: DeclaredObject,
  index: Index,
  renewed: ReadonlySet<string>,
): readonly PlannedChange[] {
  const { address, fields, kind, protect } = wish;
  const live = index.live.get(address);
  const owned = index.owned.get(address);
  const lost = wish.needs.find((need) => renewed.has(need) && index.live.has(need));
  const base = { kind, address, protect, reasons: [], risks: [] };
  if (live === undefined || lost !== undefined) {
    const reasons = lost === undefined ? [] : [`${lost} is replaced`];
    return [{ ...base, verb: 'create', fields, reasons }];
  }
  const { id } = live;
  const changed = changedFields(wish, live);
  const reasons = changed
    .map((change) => findReplaceReason(kind, change))
    .filter((reason) => reason !== undefined);
  const isLostKey = kind === 'api_key' && owned !== undefined && owned.id === undefined;
  if (isLostKey) reasons.push('nobody knows whether its secret was saved');
  if (reasons.length > 0) {
    const takesAlong = heldBy(address, index.live.values());
    const risks = deletionRisks(kind);
    return [{ ...base, verb: 'replace', id, fields, changed, reasons, risks, takesAlong }];
  }
  const changes: PlannedChange[] = [];
  if (changed.length > 0)
    changes.push({
      ...base,
      verb: 'update',
      id,
      fields,
      changed,
      risks: updateRisks(kind, changed),
    });
  const isMarked = owned === undefined || (owned.id === id && owned.protect === protect);
  if (!isMarked) changes.push({ ...base, verb: 'mark', id, reasons: [markReason(owned, wish)] });
  return changes;
}

function markReason(owned: OwnedObject, wish: DeclaredObject): string {
  if (owned.protect !== wish.protect)
    return wish.protect ? 'it is protected from now on' : 'it is no longer protected';
  return 'an earlier apply stopped before it noted the id';
}

function planDeletions({ owned }: ConfigurationWorld, index: Index): PlannedChange[] {
  const gone = owned.flatMap((mark) => {
    const live = index.live.get(mark.address);
    const isOurs = live !== undefined && (mark.id === undefined || mark.id === live.id);
    return isOurs && !index.declared.has(mark.address) ? [{ live, mark }] : [];
  });
  const holders = new Set(
    gone.filter(({ live }) => live.kind === 'cluster').map(({ live }) => live.address),
  );
  return gone
    .filter(({ live }) => !goesAlong(live, holders))
    .toSorted((a, b) => inOrder(b.live, a.live))
    .map(({ live, mark }) => ({
      verb: 'delete',
      kind: live.kind,
      address: live.address,
      id: live.id,
      protect: mark.protect,
      before: live.fields,
      reasons: [],
      risks: deletionRisks(live.kind),
      takesAlong: live.kind === 'cluster' ? heldBy(live.address, index.live.values()) : [],
    }));
}

/** Topics and ACLs lie inside their cluster; everything else is deleted by itself. */
function goesAlong(live: LiveObject, holders: ReadonlySet<string>): boolean {
  return (
    (live.kind === 'topic' || live.kind === 'acl') && live.needs.some((need) => holders.has(need))
  );
}

function heldBy(address: string, live: Iterable<LiveObject>): string[] {
  return [...live]
    .filter(({ needs }) => needs.includes(address))
    .map((held) => held.address)
    .toSorted();
}

function refusalsOf(change: PlannedChange, world: ConfigurationWorld, index: Index): Refusal[] {
  if (change.verb !== 'delete' && change.verb !== 'replace') return [];
  const { address, verb } = change;
  const owned = index.owned.get(address);
  const doing = verb === 'delete' ? 'deleted' : 'replaced';
  if (verb === 'replace' && owned === undefined)
    return [
      {
        address,
        message: `It was not made by this configuration and would have to be replaced (${change.reasons.join('; ')}): change the file, or delete it yourself.`,
      },
    ];
  const why = [
    owned?.protect === true,
    change.protect,
    world.protectedByFile?.includes(address) === true,
  ];
  if (why.includes(true))
    return [
      {
        address,
        message: `It is protected and would have to be ${doing}: set protect to false, apply that, then go on.`,
      },
    ];
  if (change.kind !== 'environment' && change.kind !== 'cluster') return [];
  return foreignInside(change, index).map((foreign) => ({
    address,
    message: `It would have to be ${doing}, and it holds ${foreign}, which this configuration did not make.`,
  }));
}

/** What an environment or a cluster holds that others made; ACLs and bindings lose their meaning. */
function foreignInside({ address }: PlannedChange, index: Index): string[] {
  return [...index.live.values()]
    .filter(
      ({ kind, needs }) => needs.includes(address) && (kind === 'cluster' || kind === 'topic'),
    )
    .map((held) => held.address)
    .filter((held) => !index.owned.has(held));
}

/** Fields that the file names and that differ. */
function changedFields(wish: DeclaredObject, live: LiveObject): readonly FieldChange[] {
  return Object.entries(wish.fields)
    .map(([field, after]) => ({ field, before: live.fields[field], after }))
    .filter(({ after, before }) => canonical(before) !== canonical(after));
}

function canonical(value: Fields[string] | undefined): string {
  if (typeof value !== 'object' || Array.isArray(value)) return JSON.stringify(value) ?? '';
  return JSON.stringify(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

type Placed = Pick<DeclaredObject, 'kind' | 'address'>;

/** Kinds in the order of what they need, then by address. */
function inOrder(a: Placed, b: Placed): number {
  const kinds = OBJECT_KINDS.indexOf(a.kind) - OBJECT_KINDS.indexOf(b.kind);
  if (kinds !== 0) return kinds;
  return a.address < b.address ? -1 : 1;
}

function byAddress<T extends { readonly address: string }>(objects: readonly T[]): Map<string, T> {
  return new Map(objects.map((object) => [object.address, object]));
}

/**
 * Which clusters have to be looked into: those whose inside is declared or was made, and those that are
 * to go, which may hold what others made.
 */
export function clustersToRead(
  declared: readonly DeclaredObject[],
  owned: readonly OwnedObject[],
): ReadonlySet<string> {
  const inside = [...declared, ...owned].filter(({ address }) => {
    const kind = findKind(address);
    return kind === 'topic' || kind === 'acl';
  });
  const kept = new Set(declared.map(({ address }) => address));
  const going = owned.filter(
    ({ address }) => findKind(address) === 'cluster' && !kept.has(address),
  );
  return new Set([
    ...inside.map(({ address }) => clusterOf(address)),
    ...going.map(({ address }) => address),
  ]);
}

/** The address of the cluster that a topic or an ACL lies in. */
export function clusterOf(address: string): string {
  const [environment = '', cluster = ''] = address.slice(address.indexOf('.') + 1).split('/');
  return `cluster.${environment}/${cluster}`;
}

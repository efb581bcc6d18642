import { assert } from '@weirhouse/shared-kernel';
import type { Fields, ObjectKind, PlannedChange } from '@weirhouse/cloud-plan';
import type { CloudClient } from '../cloud-client.ts';
import type { Pace } from './patience.ts';

/** A key that was just made: the only time its secret is seen. */
export interface MadeKey {
  readonly address: string;
  readonly id: string;
  readonly secret: string;
}

/** What an apply works with. */
export interface ApplyTools {
  readonly client: CloudClient;
  readonly pace: Pace;
  readonly organizationId: string;
  /** Keeps a secret before anything else happens; undefined = keys cannot be made here. */
  readonly saveSecret: ((key: MadeKey) => Promise<void>) | undefined;
}

/** The state of one apply. */
export interface ApplyWorld extends ApplyTools {
  /** Ids by address: what was there, and what was made since. */
  readonly ids: Map<string, string>;
  /** Clusters that were seen PROVISIONED. */
  readonly ready: Set<string>;
}

/** How the objects of a kind are made, changed and deleted over REST. */
export interface KindActions {
  /** Answers the new object's id. */
  create(world: ApplyWorld, wish: Wish): Promise<string>;
  update?(world: ApplyWorld, change: Extract<PlannedChange, { verb: 'update' }>): Promise<void>;
  delete(world: ApplyWorld, object: PresentObject): Promise<void>;
}

export type ActionsByKind = Readonly<Record<ObjectKind, KindActions>>;

export interface Wish {
  readonly address: string;
  readonly fields: Fields;
}

export interface PresentObject {
  readonly address: string;
  readonly id: string;
  readonly fields: Fields;
}

/** The id of an object that the order of changes has brought about by now. */
export function idOf(world: ApplyWorld, address: string): string {
  const id = world.ids.get(address);
  assert(id !== undefined, `${address} is there by now`);
  return id;
}

/** A field that is text. */
export function textOf(fields: Fields, field: string): string {
  const value = fields[field];
  return typeof value === 'string' ? value : '';
}

/** The principal of a name or an id: `User:sa-...`. */
export function principalOf(world: ApplyWorld, principal: string): string {
  return `User:${principalIdOf(world, principal)}`;
}

/** The id of a service account by name; what is no account of ours is an id already. */
export function principalIdOf({ ids }: ApplyWorld, principal: string): string {
  return (
    ids.get(`service_account.${principal.replaceAll('%', '%25').replaceAll('/', '%2F')}`) ??
    principal
  );
}

/** Kinds of things a file may declare, each after those it needs. */
export const OBJECT_KINDS = [
  'environment',
  'service_account',
  'cluster',
  'role_binding',
  'topic',
  'acl',
  'quota',
  'api_key',
] as const;
export type ObjectKind = (typeof OBJECT_KINDS)[number];

/** Where something stands in a file. */
export type Path = readonly (string | number)[];

export type FieldValue =
  | string
  | number
  | boolean
  | readonly string[]
  | Readonly<Record<string, string>>;

/** What is said about an object; a field that is left out is left as it is. */
export type Fields = Readonly<Record<string, FieldValue>>;

/** Something a file wants, with every reference as an address. */
export interface DeclaredObject {
  readonly kind: ObjectKind;
  /** Unique in an organization: `topic.production/orders/payments`. */
  readonly address: string;
  readonly fields: Fields;
  /** Addresses without which it cannot be; when one of them goes, it goes along. */
  readonly needs: readonly string[];
  readonly protect: boolean;
}

/** Something that is there. */
export interface LiveObject {
  readonly kind: ObjectKind;
  readonly address: string;
  /** Its id in the contract; of topics their name, of ACLs their address. */
  readonly id: string;
  readonly fields: Fields;
  readonly needs: readonly string[];
}

/** What the server remembers of an object that a configuration made. */
export interface OwnedObject {
  readonly address: string;
  /** Undefined = its creation was begun, and nobody knows how it ended. */
  readonly id: string | undefined;
  readonly protect: boolean;
}

/** The name of a thing as one step of an address. */
export function addressStep(name: string): string {
  return name.replaceAll('%', '%25').replaceAll('/', '%2F');
}

/** An address: the kind and the way from the organization down. */
export function addressOf(kind: ObjectKind, ...names: readonly string[]): string {
  return `${kind}.${names.map(addressStep).join('/')}`;
}

/** The names in an address, from the organization down. */
export function namesOf(address: string): readonly string[] {
  return address
    .slice(address.indexOf('.') + 1)
    .split('/')
    .map((step) => step.replaceAll('%2F', '/').replaceAll('%25', '%'));
}

/** The kind in an address, or undefined when there is none of that name. */
export function findKind(address: string): ObjectKind | undefined {
  return OBJECT_KINDS.find((kind) => address.startsWith(`${kind}.`));
}

/** Whether an id, not a name: of a service account, a user or an identity pool. */
export function isPrincipalId(text: string): boolean {
  return /^(?:sa|u|pool)-[a-z0-9]+$/u.test(text);
}

/** What identifies an ACL: all of it. */
export interface AclIdentity {
  readonly principal: string;
  readonly permission: string;
  readonly operation: string;
  readonly resource_type: string;
  readonly resource_name: string;
  readonly pattern_type: string;
  readonly host: string;
}

/** The address of an ACL of a cluster. */
export function aclAddress(cluster: readonly string[], acl: AclIdentity): string {
  const { host, operation, pattern_type, permission, principal, resource_name, resource_type } =
    acl;
  const what = [permission, operation, resource_type, pattern_type].join(' ');
  return addressOf('acl', ...cluster, what, resource_name, principal, host);
}

/** The address of a role binding: a principal has a role at a place once. */
export function roleBindingAddress(binding: {
  readonly principal: string;
  readonly role: string;
  readonly on: string;
  readonly resource: string;
}): string {
  const { on, principal, resource, role } = binding;
  return addressOf('role_binding', principal, role, on, ...(resource === '' ? [] : [resource]));
}

import type { ConfigOverrides } from '../configs/resolver.ts';
import type { ScramCredential } from '../sasl/scram-server.ts';

const NO_CONFIGS: ReadonlyMap<string, string> = new Map();

/** A resource that has overrides. */
export interface ConfigResource {
  readonly resourceType: number;
  readonly resourceName: string;
  readonly values: ReadonlyMap<string, string>;
}

interface MutableConfigResource extends ConfigResource {
  readonly values: Map<string, string>;
}

/** Overrides of topics, brokers and others. Changed only by `MetadataImage.replay`. */
export class ConfigsImage implements ConfigOverrides {
  readonly #resources = new Map<string, MutableConfigResource>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  of(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#resources.get(resourceKey(resourceType, resourceName))?.values ?? NO_CONFIGS;
  }

  /** Resources that have at least one override. */
  list(): readonly ConfigResource[] {
    return [...this.#resources.values()];
  }

  /** Sets an override; null removes it. */
  set(resource: Omit<ConfigResource, 'values'>, name: string, value: string | null): void {
    this.#version += 1;
    const { resourceType, resourceName } = resource;
    const key = resourceKey(resourceType, resourceName);
    const known = this.#resources.get(key);
    if (value === null) {
      known?.values.delete(name);
      if (known?.values.size === 0) this.#resources.delete(key);
      return;
    }
    const entry = known ?? { resourceType, resourceName, values: new Map() };
    entry.values.set(name, value);
    this.#resources.set(key, entry);
  }

  removeAll(resourceType: number, resourceName: string): void {
    this.#version += 1;
    this.#resources.delete(resourceKey(resourceType, resourceName));
  }
}

function resourceKey(resourceType: number, resourceName: string): string {
  return `${resourceType}:${resourceName}`;
}

/** A stored credential with the user and mechanism it belongs to. */
export interface UserCredential extends ScramCredential {
  readonly user: string;
  /** Wire id of the mechanism (KIP-554). */
  readonly mechanism: number;
}

/** SCRAM credentials. Changed only by `MetadataImage.replay`. */
export class CredentialsImage {
  readonly #byUser = new Map<string, Map<number, UserCredential>>();
  #size = 0;

  /** Credentials of all users. */
  get size(): number {
    return this.#size;
  }

  find(user: string, mechanism: number): UserCredential | undefined {
    return this.#byUser.get(user)?.get(mechanism);
  }

  /** The credentials of one user, by mechanism id. */
  of(user: string): readonly UserCredential[] {
    return [...(this.#byUser.get(user)?.values() ?? [])];
  }

  /** Users that have a credential. */
  users(): readonly string[] {
    return [...this.#byUser.keys()];
  }

  put(credential: UserCredential): void {
    const known = this.#byUser.get(credential.user) ?? new Map<number, UserCredential>();
    if (!known.has(credential.mechanism)) this.#size += 1;
    this.#byUser.set(credential.user, known.set(credential.mechanism, credential));
  }

  remove(user: string, mechanism: number): void {
    const known = this.#byUser.get(user);
    if (known?.delete(mechanism) === true) this.#size -= 1;
    if (known?.size === 0) this.#byUser.delete(user);
  }
}

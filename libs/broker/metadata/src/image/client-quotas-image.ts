import type { ClientQuotaRecord } from '@weirhouse/kafka-protocol/messages/client-quota-record';
import { QuotaEntityType, type QuotaKey } from '../quota-model.ts';

/** Whom limits are for: a user, a client id, both, or an address. A null name is the default. */
export type QuotaEntity = ClientQuotaRecord['entity'];

/** Limits of one entity (KIP-546): such as user agent with client id app. */
export interface ClientQuota {
  readonly entity: QuotaEntity;
  /** Quota keys, such as `producer_byte_rate`, to limits. */
  readonly limits: ReadonlyMap<string, number>;
}

/** The limit that counts for a client, and whom it shares it with: clients of equal `sharers`. */
export interface QuotaMatch {
  readonly limit: number;
  readonly sharers: string;
}

interface MutableClientQuota extends ClientQuota {
  readonly limits: Map<string, number>;
}

const { CLIENT_ID, IP, USER } = QuotaEntityType;

/** Client quotas. Changed only by `MetadataImage.replay`. */
export class ClientQuotasImage {
  readonly #byEntity = new Map<string, MutableClientQuota>();
  /** How many entities have a limit of a key: what nobody limits costs nothing to enforce. */
  readonly #counts = new Map<string, number>();
  #version = 0;

  /** Grows with every change. */
  get version(): number {
    return this.#version;
  }

  /** Entities with limits. */
  get size(): number {
    return this.#byEntity.size;
  }

  list(): readonly ClientQuota[] {
    return [...this.#byEntity.values()];
  }

  /** The limits of exactly this entity. */
  find(entity: QuotaEntity): ClientQuota | undefined {
    return this.#byEntity.get(keyOf(entity));
  }

  /** True when some entity has a limit of this key. */
  limits(key: QuotaKey): boolean {
    return this.#counts.has(key);
  }

  /**
   * The limit of a client, by Kafka's precedence (KIP-55): the pair before the user, the user before
   * the client id, and each name before its default.
   */
  matchClient(key: QuotaKey, user: string, clientId: string): QuotaMatch | undefined {
    const pair = JSON.stringify([user, clientId]);
    const alone = JSON.stringify([user]);
    const client = JSON.stringify([null, clientId]);
    return (
      this.#limit(key, pairKey(user, clientId), pair) ??
      this.#limit(key, pairKey(user, null), pair) ??
      this.#limit(key, nameKey(USER, user), alone) ??
      this.#limit(key, pairKey(null, clientId), pair) ??
      this.#limit(key, pairKey(null, null), pair) ??
      this.#limit(key, nameKey(USER, null), alone) ??
      this.#limit(key, nameKey(CLIENT_ID, clientId), client) ??
      this.#limit(key, nameKey(CLIENT_ID, null), client)
    );
  }

  /** The limit of an address, its own or the default one. */
  matchIp(key: QuotaKey, address: string): QuotaMatch | undefined {
    return (
      this.#limit(key, nameKey(IP, address), address) ??
      this.#limit(key, nameKey(IP, null), address)
    );
  }

  apply(record: ClientQuotaRecord): void {
    this.#version += 1;
    const entityKey = keyOf(record.entity);
    const known = this.#byEntity.get(entityKey);
    if (record.remove) {
      if (known?.limits.delete(record.key) === true) this.#count(record.key, -1);
      if (known?.limits.size === 0) this.#byEntity.delete(entityKey);
      return;
    }
    const entry = known ?? { entity: record.entity, limits: new Map<string, number>() };
    if (!entry.limits.has(record.key)) this.#count(record.key, 1);
    entry.limits.set(record.key, record.value);
    this.#byEntity.set(entityKey, entry);
  }

  #limit(key: QuotaKey, entityKey: string, sharers: string): QuotaMatch | undefined {
    const limit = this.#byEntity.get(entityKey)?.limits.get(key);
    return limit === undefined ? undefined : { limit, sharers };
  }

  #count(key: string, change: 1 | -1): void {
    const count = (this.#counts.get(key) ?? 0) + change;
    if (count === 0) this.#counts.delete(key);
    else this.#counts.set(key, count);
  }
}

function keyOf(entity: QuotaEntity): string {
  const parts = entity.map(({ entityType, entityName }) => [entityType, entityName] as const);
  return JSON.stringify(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function nameKey(type: string, name: string | null): string {
  return JSON.stringify([[type, name]]);
}

function pairKey(user: string | null, clientId: string | null): string {
  return JSON.stringify([
    [CLIENT_ID, clientId],
    [USER, user],
  ]);
}

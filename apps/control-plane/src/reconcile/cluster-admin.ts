import type { Acl, ChangedSetting, PrincipalQuota, QuotaChanges } from '@weirhouse/cloud-plan';
import type { Secret } from '@weirhouse/shared-kernel';
import type { ScramVerifier } from '../secrets/scram.ts';

/** How the control plane reaches a cluster and as whom. */
export interface ClusterAccess {
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: Secret;
}

/** A cluster API key as the brokers get it. */
export interface PushedCredential {
  readonly apiKeyId: string;
  /** Whom the key acts as, e.g. `User:sa-abc`. */
  readonly principal: string;
  readonly verifiers: readonly ScramVerifier[];
}

/** What the reconciler does inside a cluster. Every method may be repeated with the same end. */
export interface ClusterAdmin {
  /** API keys that the brokers know with both mechanisms. */
  listCredentials(): Promise<ReadonlySet<string>>;
  pushCredential(credential: PushedCredential): Promise<void>;
  removeCredential(apiKeyId: string): Promise<void>;
  /** ACLs of the platform's role bindings; `desired` helps with brokers that do not tell origins. */
  listAcls(desired: readonly Acl[]): Promise<readonly Acl[]>;
  applyAcls(changes: {
    readonly create: readonly Acl[];
    readonly remove: readonly Acl[];
  }): Promise<void>;
  /** What brokers hold of the platform's principals. */
  listQuotas(): Promise<readonly PrincipalQuota[]>;
  applyQuotas(changes: QuotaChanges): Promise<void>;
  /** Settings of the platform that are changed at run time, of these brokers and of all. */
  listChangedSettings(nodeIds: readonly number[]): Promise<readonly ChangedSetting[]>;
  /** Puts them back to what the brokers were started with. */
  resetSettings(settings: readonly ChangedSetting[]): Promise<void>;
  /** A topic of that name that exists already is success. */
  createTopic(topic: { readonly name: string; readonly partitions: number }): Promise<void>;
  close(): void;
}

/** Makes an admin; it connects when it is first used. */
export type OpenClusterAdmin = (access: ClusterAccess) => ClusterAdmin;

/** One admin per cluster, made again when the way to the cluster changes. */
export class ClusterAdmins {
  readonly #open: OpenClusterAdmin;
  readonly #admins = new Map<string, { readonly key: string; readonly admin: ClusterAdmin }>();

  constructor(open: OpenClusterAdmin) {
    this.#open = open;
  }

  get(clusterId: string, access: ClusterAccess): ClusterAdmin {
    const key = [access.host, access.port, access.username, access.password.reveal()].join(' ');
    const known = this.#admins.get(clusterId);
    if (known?.key === key) return known.admin;
    known?.admin.close();
    const admin = this.#open(access);
    this.#admins.set(clusterId, { key, admin });
    return admin;
  }

  /** Closes a cluster's admin, when the cluster is gone or does not serve. */
  forget(clusterId: string): void {
    this.#admins.get(clusterId)?.admin.close();
    this.#admins.delete(clusterId);
  }

  close(): void {
    for (const { admin } of this.#admins.values()) admin.close();
    this.#admins.clear();
  }
}

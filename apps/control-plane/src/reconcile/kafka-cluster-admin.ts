import {
  aclKey,
  PLATFORM_SETTINGS,
  type Acl,
  type ChangedSetting,
  type PrincipalQuota,
  type QuotaChanges,
} from '@weirhouse/cloud-plan';
import { AdminClient, isKafkaError, type AclBinding } from '@weirhouse/kafka-client';
import type { AppError } from '@weirhouse/shared-kernel';
import { brokerCalls } from '../observability/broker-calls.ts';
import type { ClusterAccess, ClusterAdmin, PushedCredential } from './cluster-admin.ts';
import { ADMIN_TIMEOUT_MS } from './limits.ts';

/** The origin of ACLs that role bindings mean; people's own ACLs have none. */
const ORIGIN = { origin: 'role-binding' } as const;

const MECHANISMS = 2;

/** Users of this form are the platform's; quotas of other users are people's own. */
const SERVICE_ACCOUNT = /^sa-/u;

/** The listener that brokers are started with, as the names of its own settings begin. */
const LISTENER_PREFIX = 'listener.name.sasl_plaintext.';
const WATCHED_SETTINGS = [
  ...PLATFORM_SETTINGS,
  ...PLATFORM_SETTINGS.map((name) => `${LISTENER_PREFIX}${name}`),
];

/** A cluster's inside over the Kafka protocol, as the cluster's own super user. */
export class KafkaClusterAdmin implements ClusterAdmin {
  readonly #client: AdminClient;

  constructor(access: ClusterAccess) {
    this.#client = new AdminClient({
      bootstrap: [{ host: access.host, port: access.port }],
      clientId: 'weirhouse-control-plane',
      onRequest: brokerCalls('weirhouse-control-plane'),
      requestTimeoutMs: ADMIN_TIMEOUT_MS,
      sasl: {
        mechanism: 'SCRAM-SHA-512',
        username: access.username,
        password: access.password,
      },
    });
  }

  async listCredentials(): Promise<ReadonlySet<string>> {
    const users = await this.#client.describeUserScramCredentials();
    const whole = users.filter(({ credentials }) => credentials.length === MECHANISMS);
    return new Set(whole.map(({ user }) => user));
  }

  async pushCredential({ apiKeyId, principal, verifiers }: PushedCredential): Promise<void> {
    const outcomes = await this.#client.alterUserScramCredentials({
      upsertions: verifiers.map(({ mechanism, iterations, salt, saltedPassword }) => ({
        user: apiKeyId,
        mechanism,
        iterations,
        salt,
        saltedPassword,
        principal,
      })),
    });
    throwFirst(outcomes.map(({ error }) => error));
  }

  async removeCredential(apiKeyId: string): Promise<void> {
    const [user] = await this.#client.describeUserScramCredentials([apiKeyId]);
    if (!user || user.credentials.length === 0) return;
    const outcomes = await this.#client.alterUserScramCredentials({
      deletions: user.credentials.map(({ mechanism }) => ({ user: apiKeyId, mechanism })),
    });
    const errors = outcomes.map(({ error }) => error);
    throwFirst(errors.filter((error) => !isKafkaError(error, 'RESOURCE_NOT_FOUND')));
  }

  /**
   * An entry without an origin may be a person's: it counts as present when it is wanted, and is
   * never offered for removal.
   */
  async listAcls(desired: readonly Acl[]): Promise<readonly Acl[]> {
    const wanted = new Map(desired.map((acl) => [aclKey(acl), acl]));
    const listed = await this.#client.describeAcls({}, ORIGIN);
    return listed.flatMap(({ origin, ...binding }) => {
      if (!isPlatformAcl(binding)) return [];
      const isOurs = origin === ORIGIN.origin;
      return isOurs || (origin === undefined && wanted.has(aclKey(binding))) ? [binding] : [];
    });
  }

  async applyAcls(changes: {
    readonly create: readonly Acl[];
    readonly remove: readonly Acl[];
  }): Promise<void> {
    if (changes.remove.length > 0) await this.#client.deleteAcls(changes.remove, ORIGIN);
    if (changes.create.length > 0)
      throwFirst(await this.#client.createAcls(changes.create, ORIGIN));
  }

  /** The quota of all others is the platform's too: only it can say what is theirs. */
  async listQuotas(): Promise<readonly PrincipalQuota[]> {
    const listed = await this.#client.describeUserQuotas();
    return listed
      .filter(({ user, limits }) => {
        const isOurs = user === undefined || SERVICE_ACCOUNT.test(user);
        return isOurs && ('producer_byte_rate' in limits || 'consumer_byte_rate' in limits);
      })
      .map(({ user, limits }) => ({
        user,
        producerBytesPerSecond: limits['producer_byte_rate'] ?? 0,
        consumerBytesPerSecond: limits['consumer_byte_rate'] ?? 0,
      }));
  }

  async applyQuotas({ set, remove }: QuotaChanges): Promise<void> {
    const outcomes = await this.#client.alterUserQuotas([
      ...set.map(({ user, producerBytesPerSecond, consumerBytesPerSecond }) => ({
        user,
        limits: {
          producer_byte_rate: producerBytesPerSecond,
          consumer_byte_rate: consumerBytesPerSecond,
        },
      })),
      ...remove.map((user) => ({
        user,
        limits: { producer_byte_rate: null, consumer_byte_rate: null },
      })),
    ]);
    throwFirst(outcomes);
  }

  async listChangedSettings(nodeIds: readonly number[]): Promise<readonly ChangedSetting[]> {
    const resources = ['', ...nodeIds.map(String)].map(
      (name) => ({ type: 'broker', name }) as const,
    );
    const described = await this.#client.describeConfigs(resources, WATCHED_SETTINGS);
    throwFirst(described.map(({ error }) => error));
    return described.flatMap(({ configs, name: broker }) =>
      configs
        .filter(({ source }) => source === (broker === '' ? 'default-broker' : 'broker'))
        .map(({ name }) => ({ broker, name })),
    );
  }

  async resetSettings(settings: readonly ChangedSetting[]): Promise<void> {
    for (const [name, changed] of Map.groupBy(settings, ({ broker }) => broker)) {
      const changes = changed.map((setting) => ({ name: setting.name, value: undefined }));
      await this.#client.alterConfigs({ type: 'broker', name }, { changes, validateOnly: false });
    }
  }

  async createTopic(topic: { readonly name: string; readonly partitions: number }): Promise<void> {
    const [outcome] = await this.#client.createTopics([topic]);
    if (isKafkaError(outcome?.error, 'TOPIC_ALREADY_EXISTS')) return;
    throwFirst([outcome?.error]);
  }

  close(): void {
    this.#client.close();
  }
}

/** The plan's ACLs are the part of Kafka's that role bindings compile to. */
function isPlatformAcl(binding: AclBinding): binding is Acl {
  switch (binding.resourceType) {
    case 'topic':
    case 'group':
    case 'cluster':
    case 'transactional_id':
      break;
    case 'delegation_token':
    case 'user':
      return false;
  }
  const { operation } = binding;
  return !['create_tokens', 'describe_tokens', 'two_phase_commit'].includes(operation);
}

function throwFirst(errors: readonly (AppError | undefined)[]): void {
  const failure = errors.find((error) => error !== undefined);
  if (failure) throw failure;
}

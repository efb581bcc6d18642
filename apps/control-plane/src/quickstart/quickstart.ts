import { clusterRbacCrn, newId, newOrganizationId, userCrn } from '@weirhouse/cloud-contract';
import { z } from 'zod';
import type { ApiKeysService } from '../api-keys/api-keys.service.ts';
import type { UnitOfWork } from '../audit/unit-of-work.ts';
import { systemContext, type OpContext } from '../auth/op-context.ts';
import type { Cluster } from '../clusters/clusters.repository.ts';
import type { ClustersService } from '../clusters/clusters.service.ts';
import type { Repositories } from '../database/repositories.ts';
import type { EnvironmentsService } from '../environments/environments.service.ts';
import type { ServicePorts } from '../ports.ts';
import { organizationAdmin } from '../role-bindings/organization-admin.ts';
import { PasswordHasher } from '../secrets/password.ts';
import type { ServiceAccountsService } from '../service-accounts/service-accounts.service.ts';
import { readQuickstartFile, writeQuickstartFile, type QuickstartFile } from './quickstart-file.ts';

const SETTING = 'quickstart';
const NAME = 'quickstart';
/** Who the first user is, as long as nobody has an e-mail address. */
const OWNER_EMAIL = 'owner@localhost';
/** 144 random bits: 24 characters. */
const PASSWORD_BYTES = 18;
const TOPIC = { name: 'hello', partitions: 3 } as const;
/** Keys looked at when an interrupted start is taken up again; it has made a handful at most. */
const KEYS_MAX = 100;

const ProgressSchema = z.object({
  organizationId: z.string(),
  userId: z.string(),
  isDone: z.boolean(),
});

type Progress = z.output<typeof ProgressSchema>;

/** What the first start made, and whether it was this start. */
export interface QuickstartResult {
  readonly file: Partial<QuickstartFile>;
  readonly isFirst: boolean;
}

/** What the first start is made with. */
export interface QuickstartDeps {
  readonly repositories: Repositories;
  readonly environments: EnvironmentsService;
  readonly clusters: ClustersService;
  readonly accounts: ServiceAccountsService;
  readonly apiKeys: ApiKeysService;
  readonly unit: UnitOfWork;
  readonly ports: ServicePorts;
}

/**
 * The first start's gifts: organization, user, environment, cluster, topic, service account, keys.
 *
 * | setting row | file            | what the next start does                                |
 * |-------------|-----------------|---------------------------------------------------------|
 * | none        | any             | makes the organization and the user with the row        |
 * | not done    | without secrets | finds or makes each thing; replaces keys without secret |
 * | done        | any             | nothing: people may have deleted what they like         |
 */
export class Quickstart {
  readonly #deps: QuickstartDeps;

  constructor(deps: QuickstartDeps) {
    this.#deps = deps;
  }

  /** Makes what is missing. May be called again after a crash at any point. */
  async ensure(stateFolder: string, apiUrl: string): Promise<QuickstartResult> {
    const progress = await this.#begin();
    const file = await readQuickstartFile(stateFolder);
    if (progress.isDone) return { file: { ...file, apiUrl }, isFirst: false };
    const ctx = systemContext(progress.organizationId, 'quickstart');
    const environmentId = await this.#environment(ctx);
    const accountId = await this.#serviceAccount(ctx);
    const cluster = await this.#cluster(ctx, environmentId);
    await this.#topicAndRole(ctx, cluster, accountId);
    const { organizationId } = progress;
    const user = await this.#password(ctx, progress.userId, file.userPassword);
    const made = { organizationId, environmentId, clusterId: cluster.id };
    let known = { ...file, apiUrl, ...made, ...user };
    const cloud = await this.#key(ctx, progress.userId, undefined, [
      known.cloudApiKey,
      known.cloudApiSecret,
    ]);
    known = { ...known, cloudApiKey: cloud.id, cloudApiSecret: cloud.secret };
    await writeQuickstartFile(stateFolder, known);
    const global = await this.#key(ctx, progress.userId, 'global', [
      known.globalApiKey,
      known.globalApiSecret,
    ]);
    known = { ...known, globalApiKey: global.id, globalApiSecret: global.secret };
    await writeQuickstartFile(stateFolder, known);
    const own = await this.#key(ctx, accountId, cluster.id, [
      known.clusterApiKey,
      known.clusterApiSecret,
    ]);
    known = { ...known, clusterApiKey: own.id, clusterApiSecret: own.secret };
    await writeQuickstartFile(stateFolder, known);
    await this.#deps.unit.run(ctx, (tx) =>
      this.#deps.repositories.settings.put(tx, SETTING, { ...progress, isDone: true }),
    );
    return { file: known, isFirst: true };
  }

  /** The cluster of the first start, as long as people keep it. */
  async findCluster(file: Partial<QuickstartFile>): Promise<Cluster | undefined> {
    const { organizationId, clusterId } = file;
    if (organizationId === undefined || clusterId === undefined) return undefined;
    return this.#deps.repositories.clusters.find(organizationId, clusterId);
  }

  async #begin(): Promise<Progress> {
    const stored = await this.#findProgress();
    if (stored !== undefined) return stored;
    const { ports, repositories, unit } = this.#deps;
    const organizationId = newOrganizationId(ports.random);
    const userId = newId('u', ports.random);
    const progress = { organizationId, userId, isDone: false };
    await unit.run(systemContext(organizationId, 'quickstart'), async (tx) => {
      if (!(await repositories.settings.insertIfAbsent(tx, SETTING, progress))) return;
      const createdAtMs = ports.clock.wallMs();
      const organization = { id: organizationId, displayName: 'Weirhouse', createdAtMs };
      await repositories.organizations.ensure(tx, organization);
      const user = { id: userId, organizationId, email: OWNER_EMAIL, fullName: 'Owner' };
      await repositories.users.ensure(tx, user, createdAtMs);
      await repositories.roleBindings.ensure(tx, {
        id: newId('rb', ports.random),
        ...organizationAdmin(organizationId, userId),
        createdAtMs,
      });
    });
    return (await this.#findProgress()) ?? progress;
  }

  async #findProgress(): Promise<Progress | undefined> {
    const stored = await this.#deps.repositories.settings.find(SETTING);
    return stored === undefined ? undefined : ProgressSchema.parse(stored);
  }

  async #environment(ctx: OpContext): Promise<string> {
    const found = await this.#deps.repositories.environments.findByName(
      ctx.organizationId,
      'default',
    );
    return (found ?? (await this.#deps.environments.create(ctx, 'default'))).id;
  }

  async #serviceAccount(ctx: OpContext): Promise<string> {
    const found = await this.#deps.repositories.serviceAccounts.findByName(
      ctx.organizationId,
      NAME,
    );
    if (found !== undefined) return found.id;
    const description = 'Made at the first start; owns the first cluster key.';
    return (await this.#deps.accounts.create(ctx, { displayName: NAME, description })).id;
  }

  async #cluster(ctx: OpContext, environmentId: string): Promise<Cluster> {
    const first = { pageSize: KEYS_MAX, after: undefined };
    const { rows } = await this.#deps.clusters.list(ctx, { environment: environmentId }, first);
    const found = rows.find((row) => row.displayName === NAME);
    if (found !== undefined) return found;
    return this.#deps.clusters.create(ctx, {
      display_name: NAME,
      availability: 'SINGLE_ZONE',
      cloud: 'AWS',
      region: 'local',
      config: { kind: 'Basic' },
      environment: { id: environmentId },
    });
  }

  async #topicAndRole(ctx: OpContext, cluster: Cluster, accountId: string): Promise<void> {
    const nowMs = this.#deps.ports.clock.wallMs();
    const resourceCrn = clusterRbacCrn({ ...cluster, clusterId: cluster.id });
    await this.#deps.unit.run(ctx, async (tx, record) => {
      await this.#deps.repositories.clusters.ensureTopic(
        tx,
        { clusterId: cluster.id, ...TOPIC },
        nowMs,
      );
      await this.#deps.repositories.roleBindings.ensure(tx, {
        id: newId('rb', this.#deps.ports.random),
        organizationId: ctx.organizationId,
        principal: `User:${accountId}`,
        roleName: 'CloudClusterAdmin',
        crnPattern: resourceCrn,
        createdAtMs: nowMs,
      });
      await record({ action: 'BindRole', resourceCrn, clusterIds: [cluster.id] });
    });
  }

  /** Set again after a crash, which may have come before or after the file was written. */
  async #password(
    ctx: OpContext,
    id: string,
    known: string | undefined,
  ): Promise<Pick<QuickstartFile, 'userEmail' | 'userPassword'>> {
    const { ports, repositories, unit } = this.#deps;
    const password = known ?? ports.random.bytes(PASSWORD_BYTES).toString('base64url');
    const hash = await new PasswordHasher().hash(password);
    const { organizationId } = ctx;
    await unit.run(ctx, async (tx, record) => {
      await repositories.users.setPassword(tx, { id, organizationId }, hash);
      await record({ action: 'SetPassword', resourceCrn: userCrn(organizationId, id) });
    });
    return { userEmail: OWNER_EMAIL, userPassword: password };
  }

  /** A key whose secret is in the file stays; one whose secret a crash lost is replaced. */
  async #key(
    ctx: OpContext,
    ownerId: string,
    resourceId: string | undefined,
    known: readonly [string | undefined, string | undefined],
  ): Promise<{ readonly id: string; readonly secret: string }> {
    const [id, secret] = known;
    const filter = { ownerId, resourceId: resourceId ?? 'cloud' };
    const first = { pageSize: KEYS_MAX, after: undefined };
    const { rows } = await this.#deps.repositories.apiKeys.list(ctx.organizationId, first, filter);
    if (id !== undefined && secret !== undefined && rows.some((row) => row.id === id))
      return { id, secret };
    for (const row of rows)
      if (row.displayName === NAME) await this.#deps.apiKeys.delete(ctx, row.id);
    const resource = resourceId === undefined ? undefined : { id: resourceId };
    const wish = { displayName: NAME, description: '', ownerId, resource };
    const made = await this.#deps.apiKeys.create(ctx, wish);
    return { id: made.key.id, secret: made.secret.reveal() };
  }
}

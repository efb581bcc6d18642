import { Inject, Injectable } from '@nestjs/common';
import { ApiKeysRepository } from '../api-keys/api-keys.repository.ts';
import { AuditEventsRepository } from '../audit/audit-events.repository.ts';
import { AuditLogsRepository } from '../audit-delivery/audit-logs.repository.ts';
import { ClientQuotasRepository } from '../client-quotas/client-quotas.repository.ts';
import { ClustersRepository } from '../clusters/clusters.repository.ts';
import { ConfigurationsRepository } from '../configurations/configurations.repository.ts';
import { HoldsRepository } from '../configurations/holds.repository.ts';
import { PlansRepository } from '../configurations/plans.repository.ts';
import { EnvironmentsRepository } from '../environments/environments.repository.ts';
import { IdempotencyKeysRepository } from '../idempotency/idempotency-keys.repository.ts';
import { IdentityPoolsRepository } from '../identity-providers/identity-pools.repository.ts';
import { IdentityProvidersRepository } from '../identity-providers/identity-providers.repository.ts';
import { InvitationsRepository } from '../invitations/invitations.repository.ts';
import { OrganizationsRepository } from '../organizations/organizations.repository.ts';
import { RoleBindingsRepository } from '../role-bindings/role-bindings.repository.ts';
import { ServiceAccountsRepository } from '../service-accounts/service-accounts.repository.ts';
import { SessionsRepository } from '../sessions/sessions.repository.ts';
import { ServiceQuotasRepository } from '../service-quotas/service-quotas.repository.ts';
import { SettingsRepository } from '../settings/settings.repository.ts';
import { SigningKeysRepository } from '../tokens/signing-keys.repository.ts';
import { UsersRepository } from '../users/users.repository.ts';
import { ClusterCareRepository } from '../cluster-operations/cluster-care.repository.ts';
import { OperationsRepository } from '../reconcile/operations.repository.ts';
import { DATABASE, type Database } from './database.ts';
import { RowVersions } from './row-versions.ts';

/** Every repository on one database: what services are given. */
@Injectable()
export class Repositories {
  readonly apiKeys: ApiKeysRepository;
  readonly clusterCare: ClusterCareRepository;
  readonly auditEvents: AuditEventsRepository;
  readonly auditLogs: AuditLogsRepository;
  readonly clientQuotas: ClientQuotasRepository;
  readonly clusters: ClustersRepository;
  readonly configurations: ConfigurationsRepository;
  readonly holds: HoldsRepository;
  readonly environments: EnvironmentsRepository;
  readonly idempotencyKeys: IdempotencyKeysRepository;
  readonly identityPools: IdentityPoolsRepository;
  readonly identityProviders: IdentityProvidersRepository;
  readonly invitations: InvitationsRepository;
  readonly organizations: OrganizationsRepository;
  readonly plans: PlansRepository;
  readonly roleBindings: RoleBindingsRepository;
  readonly serviceAccounts: ServiceAccountsRepository;
  readonly sessions: SessionsRepository;
  readonly operations: OperationsRepository;
  readonly serviceQuotas: ServiceQuotasRepository;
  readonly settings: SettingsRepository;
  readonly signingKeys: SigningKeysRepository;
  readonly rowVersions: RowVersions;
  readonly users: UsersRepository;

  constructor(@Inject(DATABASE) database: Database) {
    this.apiKeys = new ApiKeysRepository(database);
    this.clusterCare = new ClusterCareRepository(database);
    this.auditEvents = new AuditEventsRepository(database);
    this.auditLogs = new AuditLogsRepository(database);
    this.clientQuotas = new ClientQuotasRepository(database);
    this.clusters = new ClustersRepository(database);
    this.configurations = new ConfigurationsRepository(database);
    this.holds = new HoldsRepository();
    this.plans = new PlansRepository(database);
    this.environments = new EnvironmentsRepository(database);
    this.roleBindings = new RoleBindingsRepository(database);
    this.serviceAccounts = new ServiceAccountsRepository(database);
    this.idempotencyKeys = new IdempotencyKeysRepository(database);
    this.identityPools = new IdentityPoolsRepository(database);
    this.identityProviders = new IdentityProvidersRepository(database);
    this.invitations = new InvitationsRepository(database);
    this.organizations = new OrganizationsRepository(database);
    this.sessions = new SessionsRepository(database);
    this.signingKeys = new SigningKeysRepository(database);
    this.operations = new OperationsRepository(database);
    this.serviceQuotas = new ServiceQuotasRepository(database);
    this.settings = new SettingsRepository(database);
    this.rowVersions = new RowVersions(database);
    this.users = new UsersRepository(database);
  }
}

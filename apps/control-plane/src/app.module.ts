import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import type { Log } from '@weirhouse/shared-kernel';
import type { Registry } from 'prom-client';
import { ApiKeysController } from './api-keys/api-keys.controller.ts';
import { ApiKeysService } from './api-keys/api-keys.service.ts';
import { AuditEventsController } from './audit/audit-events.controller.ts';
import { AuditLogsController } from './audit-delivery/audit-logs.controller.ts';
import { AuditLogsService } from './audit-delivery/audit-logs.service.ts';
import { ChangeSignal } from './audit/change-signal.ts';
import { DenialLog } from './audit/denial-log.ts';
import { UnitOfWork } from './audit/unit-of-work.ts';
import { Authenticator } from './auth/authenticator.ts';
import { CredentialGuard } from './auth/credential.guard.ts';
import { GrantsReader } from './auth/grants-reader.ts';
import { ClusterOperationsController } from './cluster-operations/cluster-operations.controller.ts';
import { ClusterOperationsService } from './cluster-operations/cluster-operations.service.ts';
import { ClientQuotasController } from './client-quotas/client-quotas.controller.ts';
import { ClientQuotasService } from './client-quotas/client-quotas.service.ts';
import { ClustersController } from './clusters/clusters.controller.ts';
import { ClustersService } from './clusters/clusters.service.ts';
import { CONFIGURATION_CONTROLLERS, CONFIGURATION_PROVIDERS } from './configuration.providers.ts';
import { DATABASE, type Database } from './database/database.ts';
import { Repositories } from './database/repositories.ts';
import { EnvironmentsController } from './environments/environments.controller.ts';
import { EnvironmentsService } from './environments/environments.service.ts';
import { HealthController } from './health/health.controller.ts';
import { Readiness } from './health/readiness.ts';
import { ApiAddress } from './http/api-address.ts';
import { FailureFilter } from './http/failure.filter.ts';
import { OutputInterceptor } from './http/output.interceptor.ts';
import { PreconditionInterceptor } from './http/precondition.interceptor.ts';
import { ReadHandlers } from './http/read-handlers.ts';
import { RequestLimits } from './http/request-limits.ts';
import { IdempotencyInterceptor } from './idempotency/idempotency.interceptor.ts';
import { IDENTITY_CONTROLLERS, IDENTITY_PROVIDERS } from './identity.providers.ts';
import { KAFKA_REST_CONTROLLERS, KAFKA_REST_PROVIDERS } from './kafka-rest/kafka-rest.providers.ts';
import { METERING_CONTROLLERS, METERING_PROVIDERS } from './metering/metering.providers.ts';
import { LOG, METRICS, PORTS, type ServicePorts } from './ports.ts';
import { RoleBindingsController } from './role-bindings/role-bindings.controller.ts';
import { RoleBindingsService } from './role-bindings/role-bindings.service.ts';
import { RolesController } from './role-bindings/roles.controller.ts';
import { OrganizationsController } from './organizations/organizations.controller.ts';
import { OrganizationsService } from './organizations/organizations.service.ts';
import { OffersController } from './regions/offers.controller.ts';
import { RegionCatalogue } from './regions/region-catalogue.ts';
import { RegionsController } from './regions/regions.controller.ts';
import { SchemaRegistryController } from './schema-registry/schema-registry.controller.ts';
import { ServiceAccountsController } from './service-accounts/service-accounts.controller.ts';
import { ServiceAccountsService } from './service-accounts/service-accounts.service.ts';
import { QuotaGate } from './service-quotas/quota-gate.ts';
import { ServiceQuotasController } from './service-quotas/service-quotas.controller.ts';
import { ServiceQuotasService } from './service-quotas/service-quotas.service.ts';

/** What the process gives to the app. */
export interface AppPorts extends ServicePorts {
  readonly database: Database;
  readonly log: Log;
  readonly metrics: Registry;
}

/** Every controller of the app; the completeness spec holds them against the route table. */
export const CONTROLLERS = [
  OrganizationsController,
  EnvironmentsController,
  RegionsController,
  OffersController,
  SchemaRegistryController,
  ClustersController,
  ClusterOperationsController,
  ...CONFIGURATION_CONTROLLERS,
  ServiceAccountsController,
  ApiKeysController,
  ...IDENTITY_CONTROLLERS,
  RoleBindingsController,
  RolesController,
  ...KAFKA_REST_CONTROLLERS,
  ClientQuotasController,
  ServiceQuotasController,
  AuditEventsController,
  AuditLogsController,
  ...METERING_CONTROLLERS,
  HealthController,
] as const;

/** The REST API. */
@Module({})
export class AppModule {
  /** The module on the given ports. */
  static on(ports: AppPorts): DynamicModule {
    return {
      module: AppModule,
      controllers: [...CONTROLLERS],
      providers: [
        { provide: DATABASE, useValue: ports.database },
        { provide: PORTS, useValue: ports satisfies ServicePorts },
        { provide: LOG, useValue: ports.log },
        { provide: METRICS, useValue: ports.metrics },
        { provide: APP_GUARD, useClass: CredentialGuard },
        { provide: APP_INTERCEPTOR, useClass: IdempotencyInterceptor },
        { provide: APP_INTERCEPTOR, useClass: PreconditionInterceptor },
        { provide: APP_INTERCEPTOR, useClass: OutputInterceptor },
        { provide: APP_FILTER, useClass: FailureFilter },
        ...IDENTITY_PROVIDERS,
        ...CONFIGURATION_PROVIDERS,
        ApiAddress,
        ApiKeysService,
        AuditLogsService,
        Authenticator,
        ChangeSignal,
        ClusterOperationsService,
        ClientQuotasService,
        DenialLog,
        ClustersService,
        EnvironmentsService,
        GrantsReader,
        OrganizationsService,
        Readiness,
        RegionCatalogue,
        Repositories,
        RoleBindingsService,
        RequestLimits,
        QuotaGate,
        ReadHandlers,
        ServiceAccountsService,
        ServiceQuotasService,
        UnitOfWork,
        ...KAFKA_REST_PROVIDERS,
        ...METERING_PROVIDERS,
      ],
    };
  }
}

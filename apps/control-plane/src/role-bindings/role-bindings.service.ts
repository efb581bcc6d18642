import { Inject, Injectable } from '@nestjs/common';
import { newId, organizationCrn, roleBindingCrn, type Page } from '@weirhouse/cloud-contract';
import { grantedPlaces, includesGrant, type Grant } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import type { Transaction } from '../database/database.ts';
import { withFreshId } from '../database/fresh-id.ts';
import { Repositories } from '../database/repositories.ts';
import type { PageRequest } from '../database/values.ts';
import { ApiAddress } from '../http/api-address.ts';
import type { ExistingObject } from '../http/failure.filter.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { bindingQuotas } from './role-binding-quotas.ts';
import { filterOfPattern, filterOfPlaces } from './binding-place.ts';
import { requireTarget } from './binding-target.ts';
import type { RoleBinding, RoleBindingFilter } from './role-bindings.repository.ts';

/** What a person asks for. */
export type NewRoleBinding = Pick<RoleBinding, 'principal' | 'roleName' | 'crnPattern'>;

/** What a person filters a list by. */
export interface RoleBindingQuery {
  readonly crnPattern: string;
  readonly principal: string | undefined;
  readonly roleName: string | undefined;
}

/** Use cases of role bindings. Nobody gives a role that allows more than their own roles do. */
@Injectable()
export class RoleBindingsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** One's own, and those at places whose bindings one may see. */
  async list(
    ctx: OpContext,
    page: PageRequest,
    query: RoleBindingQuery,
  ): Promise<Page<RoleBinding>> {
    const { principal, roleName } = query;
    const at = filterOfPattern(query.crnPattern);
    const filter = { at, principal, roleName, visible: visibleBindings(ctx) };
    return this.repositories.roleBindings.list(ctx.organizationId, page, filter);
  }

  /** Throws `not_found`, also for what the caller may not see. */
  async get(ctx: OpContext, id: string): Promise<RoleBinding> {
    const binding = await this.repositories.roleBindings.find(ctx.organizationId, id);
    if (binding === undefined || !isVisible(ctx, binding)) throw noSuchBinding(id);
    return binding;
  }

  async create(ctx: OpContext, wish: NewRoleBinding): Promise<RoleBinding> {
    const grant = await requireTarget(ctx, this.repositories, wish);
    authorize(ctx, 'role-binding:create', wish.crnPattern);
    requireIncluded(ctx, grant);
    await this.#requirePrincipal(ctx, wish.principal);
    await this.#requireNew(ctx, wish);
    const { organizationId } = ctx;
    const createdAtMs = this.ports.clock.wallMs();
    return withFreshId(
      () => newId('rb', this.ports.random),
      (id) =>
        this.unit.run(ctx, async (tx, record) => {
          const { principal, roleName, crnPattern } = wish;
          const binding = { id, organizationId, principal, roleName, crnPattern, createdAtMs };
          await this.#keepPrincipal(tx, ctx, principal);
          await this.unit.quotas.requireRoom(tx, { ctx, ...bindingQuotas(crnPattern) });
          const reached = await this.repositories.roleBindings.insert(tx, binding);
          await record({
            action: 'BindRole',
            resourceCrn: roleBindingCrn(organizationId, id),
            clusterIds: hasKafkaRights(grant) ? reached : [],
          });
          return binding;
        }),
    );
  }

  /** Answers what was deleted. From here on the role gives nothing on REST; brokers follow. */
  async delete(ctx: OpContext, id: string): Promise<RoleBinding> {
    const binding = await this.get(ctx, id);
    authorize(ctx, 'role-binding:delete', binding.crnPattern);
    await this.unit.run(ctx, async (tx, record) => {
      const clusterIds = await this.repositories.roleBindings.delete(tx, binding);
      if (clusterIds === undefined) throw noSuchBinding(id);
      const resourceCrn = roleBindingCrn(ctx.organizationId, id);
      await record({ action: 'UnbindRole', resourceCrn, clusterIds });
    });
    return binding;
  }

  async #requirePrincipal(ctx: OpContext, principal: string): Promise<void> {
    const { organizationId } = ctx;
    const id = findUserId(principal);
    const { identityPools, serviceAccounts, users } = this.repositories;
    if (id === undefined) throw noSuchPrincipal(principal);
    if ((await serviceAccounts.find(organizationId, id)) !== undefined) return;
    if ((await users.find(organizationId, id)) !== undefined) return;
    if (!(await identityPools.exists(organizationId, id))) throw noSuchPrincipal(principal);
  }

  /** An account deleted since it was looked up would leave a binding that nobody holds. */
  async #keepPrincipal(tx: Transaction, ctx: OpContext, principal: string): Promise<void> {
    const id = findUserId(principal) ?? '';
    const { identityPools, serviceAccounts, users } = this.repositories;
    for (const owners of [serviceAccounts, users, identityPools])
      if (await owners.keep(tx, ctx.organizationId, id)) return;
    throw noSuchPrincipal(principal);
  }

  /** For the link to the binding in the way; the unique key decides when two requests race. */
  async #requireNew(ctx: OpContext, wish: NewRoleBinding): Promise<void> {
    const { organizationId } = ctx;
    const existing = await this.repositories.roleBindings.findSame({ organizationId, ...wish });
    if (existing === undefined) return;
    const cause: ExistingObject = {
      existingUrl: this.address.link(`/iam/v2/role-bindings/${existing.id}`),
    };
    throw new AppError(
      'already_exists',
      `${wish.principal} has the role ${wish.roleName} there already, by ${existing.id}.`,
      { field: 'crn_pattern', cause },
    );
  }
}

function visibleBindings(ctx: OpContext): RoleBindingFilter['visible'] {
  if (isAllowed(ctx, 'role-binding:list', organizationCrn(ctx.organizationId))) return 'all';
  const at = filterOfPlaces(grantedPlaces(ctx.grants, 'role-binding:list'));
  return { principal: ctx.actor.name, at };
}

function isVisible(ctx: OpContext, binding: RoleBinding): boolean {
  if (binding.principal === ctx.actor.name) return true;
  return isAllowed(ctx, 'role-binding:read', binding.crnPattern);
}

function requireIncluded(ctx: OpContext, grant: Grant): void {
  if (ctx.credential === 'system' || includesGrant(ctx.grants, grant)) return;
  throw new AppError(
    'forbidden',
    `${ctx.actor.name} may not give the role ${grant.role.name} there: it allows more than the roles of ${ctx.actor.name}.`,
  );
}

function hasKafkaRights({ role }: Grant): boolean {
  return Object.keys(role.kafka).length > 0;
}

function findUserId(principal: string): string | undefined {
  return principal.startsWith('User:') ? principal.slice('User:'.length) : undefined;
}

function noSuchPrincipal(principal: string): AppError {
  return new AppError(
    'invalid_argument',
    `There is no principal ${principal}: name a user (User:u-...), a service account (User:sa-...) or an identity pool (User:pool-...).`,
    { field: 'principal' },
  );
}

/** The same for unknown and for invisible bindings. */
function noSuchBinding(id: string): AppError {
  return new AppError('not_found', `There is no role binding ${id}.`);
}

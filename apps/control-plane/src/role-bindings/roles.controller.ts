import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import { describeRoles, type RoleDescription } from '@weirhouse/cloud-plan';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';

type Routes = typeof routes;
type Presented = RouteOutput<Routes['getRole']>;

/** What roles there are: the same for everybody who is known. */
@Controller()
export class RolesController {
  @Implements(routes.listRoles)
  list(
    @Context() _ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listRoles']>,
  ): Promise<RouteOutput<Routes['listRoles']>> {
    return Promise.resolve(rolesIn(query.namespace).map(present));
  }

  @Implements(routes.getRole)
  async get(
    @Context() _ctx: OpContext,
    @Input() { params, query }: RouteInput<Routes['getRole']>,
  ): Promise<Presented> {
    const role = rolesIn(query.namespace).find(({ name }) => name === params.role_name);
    if (role === undefined)
      throw new AppError('not_found', `There is no role ${params.role_name}.`);
    return Promise.resolve(present(role));
  }

  @Implements(routes.listRoleNames)
  listNames(
    @Context() _ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listRoleNames']>,
  ): Promise<RouteOutput<Routes['listRoleNames']>> {
    return Promise.resolve(rolesIn(query.namespace).map(({ name }) => name));
  }
}

function rolesIn(namespaces: string | undefined): readonly RoleDescription[] {
  const roles = describeRoles();
  if (namespaces === undefined) return roles;
  const wanted = new Set(namespaces.split(','));
  return roles.filter(({ namespace }) => wanted.has(namespace));
}

function present({ name, policies }: RoleDescription): Presented {
  return {
    name,
    policies: policies.map(({ allowedOperations, ...policy }) => ({
      ...policy,
      allowedOperations: allowedOperations.map(({ resourceType, operations }) => ({
        resourceType,
        operations: [...operations],
      })),
    })),
  };
}

import { Inject, Injectable } from '@nestjs/common';
import { grantsOf, type Grant } from '@weirhouse/cloud-plan';
import { ChangeSignal } from '../audit/change-signal.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { LoginCache } from './login-cache.ts';
import type { Identity } from './op-context.ts';

/**
 * What a principal's role bindings grant, remembered as logins are: a change in this process counts
 * at once, another process's within two seconds.
 */
@Injectable()
export class GrantsReader {
  readonly #grants: LoginCache<readonly Grant[]>;

  constructor(
    private readonly repositories: Repositories,
    @Inject(PORTS) ports: ServicePorts,
    signal: ChangeSignal,
  ) {
    this.#grants = new LoginCache(ports.clock);
    signal.onChange(() => this.#grants.clear());
  }

  /** Empty for a principal without bindings. */
  async of({
    organizationId,
    actor,
  }: Pick<Identity, 'organizationId'> & {
    readonly actor: Pick<Identity['actor'], 'name'>;
  }): Promise<readonly Grant[]> {
    const { name } = actor;
    const grants = await this.#grants.get(`${organizationId} ${name}`, async () =>
      grantsOf(await this.repositories.roleBindings.listOfPrincipal(organizationId, name)),
    );
    return grants ?? [];
  }
}

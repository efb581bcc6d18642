import { Controller } from '@nestjs/common';
import {
  organizationCrn,
  routes,
  type RouteInput,
  type RouteOutput,
} from '@weirhouse/cloud-contract';
import { isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { EnvironmentsService } from '../environments/environments.service.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { Passwords } from './passwords.ts';
import { presentMe, presentSession } from './sessions.presenter.ts';
import { SessionsService, type OpenSession } from './sessions.service.ts';

type Routes = typeof routes;

/** Environments that a client is told of when it signs in; it can list the others. */
const ACCOUNTS_MAX = 100;

/** Sign-in as the contract's command line does it. */
@Controller()
export class SessionsController {
  constructor(
    private readonly sessions: SessionsService,
    private readonly passwords: Passwords,
    private readonly environments: EnvironmentsService,
    private readonly repositories: Repositories,
  ) {}

  @Implements(routes.getLoginRealm)
  async realm(): Promise<RouteOutput<Routes['getLoginRealm']>> {
    return { is_sso: false, mfa_required: false, realm: '' };
  }

  @Implements(routes.createSession)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createSession']>,
  ): Promise<RouteOutput<Routes['createSession']>> {
    const { email, password, org_resource_id: organization } = body;
    if (body.refresh_token !== '')
      return this.#present(await this.sessions.refresh(ctx, body.refresh_token));
    const organizationId = organization === '' ? undefined : organization;
    const user = await this.passwords.check(ctx, { email, password, organizationId });
    return this.#present(await this.sessions.open(ctx, user));
  }

  @Implements(routes.deleteSession)
  async delete(@Context() ctx: OpContext): Promise<RouteOutput<Routes['deleteSession']>> {
    await this.sessions.signOut(ctx);
    return {};
  }

  @Implements(routes.getMe)
  async me(@Context() ctx: OpContext): Promise<RouteOutput<Routes['getMe']>> {
    const first = { pageSize: ACCOUNTS_MAX, after: undefined };
    const mayRead = isAllowed(ctx, 'audit-log:read', organizationCrn(ctx.organizationId));
    const [user, organization, { rows: environments }, auditLog] = await Promise.all([
      this.sessions.user(ctx),
      this.repositories.organizations.get(ctx.organizationId),
      this.environments.list(ctx, first),
      mayRead ? this.repositories.auditLogs.get(ctx.organizationId) : undefined,
    ]);
    return presentMe({ user, organization, environments, auditLog });
  }

  @Implements(routes.createAccessToken)
  async accessToken(
    @Context() ctx: OpContext,
    @Input() _input: RouteInput<Routes['createAccessToken']>,
  ): Promise<RouteOutput<Routes['createAccessToken']>> {
    return { token: await this.sessions.dataToken(ctx), error: '' };
  }

  @Implements(routes.getFreeTrialInfo)
  async freeTrial(): Promise<RouteOutput<Routes['getFreeTrialInfo']>> {
    return { promo_code_claims: [] };
  }

  async #present(session: OpenSession): Promise<RouteOutput<Routes['createSession']>> {
    const organization = await this.repositories.organizations.get(session.user.organizationId);
    return presentSession(session, organization);
  }
}

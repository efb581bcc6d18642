import { Controller, Inject } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { ApiAddress } from '../http/api-address.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { pageRequest, presentList } from '../http/list.ts';
import { withHeaders } from '../http/response-headers.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { presentUser } from '../users/users.presenter.ts';
import { AcceptanceService } from './acceptance.service.ts';
import { presentInvitation } from './invitations.presenter.ts';
import type { Invitation } from './invitations.repository.ts';
import { InvitationsService } from './invitations.service.ts';

type Routes = typeof routes;

/** iam/v2 invitations, and their acceptance. */
@Controller()
export class InvitationsController {
  constructor(
    private readonly invitations: InvitationsService,
    private readonly acceptances: AcceptanceService,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  @Implements(routes.listInvitations)
  async list(
    @Context() ctx: OpContext,
    @Input() { query }: RouteInput<Routes['listInvitations']>,
  ): Promise<RouteOutput<Routes['listInvitations']>> {
    const { email, status, user: userId, creator: creatorId } = query;
    const filter = { email, status, userId, creatorId };
    const page = await this.invitations.list(ctx, pageRequest(query), filter);
    const present = presentList({
      address: this.address,
      path: routes.listInvitations.path,
      query,
      page,
      present: (row: Invitation) => this.#present(row),
    });
    return { api_version: 'iam/v2', kind: 'InvitationList', ...present };
  }

  @Implements(routes.createInvitation)
  async create(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['createInvitation']>,
  ): Promise<RouteOutput<Routes['createInvitation']>> {
    const wish = { email: body.email, authType: body.auth_type };
    const { invitation, link } = await this.invitations.create(ctx, wish);
    return withHeaders(this.#present(invitation), {
      'weirhouse-invitation-link': link.reveal(),
      'cache-control': 'no-store',
    });
  }

  @Implements(routes.getInvitation)
  async get(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['getInvitation']>,
  ): Promise<RouteOutput<Routes['getInvitation']>> {
    return this.#present(await this.invitations.get(ctx, params.id));
  }

  @Implements(routes.deleteInvitation)
  async delete(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['deleteInvitation']>,
  ): Promise<undefined> {
    await this.invitations.delete(ctx, params.id);
    return undefined;
  }

  @Implements(routes.acceptInvitation)
  async accept(
    @Context() ctx: OpContext,
    @Input() { params, body }: RouteInput<Routes['acceptInvitation']>,
  ): Promise<RouteOutput<Routes['acceptInvitation']>> {
    const acceptance = { fullName: body.full_name, password: body.password };
    return presentUser(await this.acceptances.accept(ctx, params.token, acceptance), this.address);
  }

  #present(invitation: Invitation): RouteOutput<Routes['getInvitation']> {
    return presentInvitation(invitation, this.address, this.ports.clock.wallMs());
  }
}

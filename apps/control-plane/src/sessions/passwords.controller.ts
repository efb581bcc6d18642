import { Controller } from '@nestjs/common';
import { routes, type RouteInput, type RouteOutput } from '@weirhouse/cloud-contract';
import type { OpContext } from '../auth/op-context.ts';
import { Implements } from '../http/implements.ts';
import { Context, Input } from '../http/input.ts';
import { PasswordChangesService } from './password-changes.service.ts';
import { PasswordResetsService } from './password-resets.service.ts';

type Routes = typeof routes;

/** Our own routes on people's passwords. */
@Controller()
export class PasswordsController {
  constructor(
    private readonly changes: PasswordChangesService,
    private readonly resets: PasswordResetsService,
  ) {}

  @Implements(routes.changePassword)
  async change(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['changePassword']>,
  ): Promise<undefined> {
    const wish = { oldPassword: body.old_password, newPassword: body.new_password };
    await this.changes.change(ctx, wish);
    return undefined;
  }

  @Implements(routes.createPasswordReset)
  async issue(
    @Context() ctx: OpContext,
    @Input() { params }: RouteInput<Routes['createPasswordReset']>,
  ): Promise<RouteOutput<Routes['createPasswordReset']>> {
    const { endMs, token } = await this.resets.issue(ctx, params.id);
    const expires_at = new Date(endMs).toISOString();
    return { api_version: 'v1', kind: 'PasswordReset', token, expires_at };
  }

  @Implements(routes.usePasswordReset)
  async use(
    @Context() ctx: OpContext,
    @Input() { body }: RouteInput<Routes['usePasswordReset']>,
  ): Promise<undefined> {
    await this.resets.use(ctx, { token: body.token, newPassword: body.new_password });
    return undefined;
  }
}

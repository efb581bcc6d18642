import { Controller, Get, Req, Res } from '@nestjs/common';
import { anonymousContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import type { HttpReply, HttpRequest } from '../http/http-types.ts';
import { Open } from '../http/implements.ts';
import { presentSession } from '../sessions/sessions.presenter.ts';
import { CALLBACK_PATH, OidcService } from './oidc.service.ts';
import { SIGN_IN_MAX_MS } from './sign-in-state.ts';

const COOKIE = 'weirhouse_sign_in';
/** Longest cookie that is looked at, in characters: ours has some 400. */
const COOKIE_CHARS_MAX = 1_024;

/** Sign-in at the operator's issuer, for browsers: a redirect there, and the way back. */
@Controller()
export class OidcController {
  constructor(
    private readonly oidc: OidcService,
    private readonly repositories: Repositories,
  ) {}

  /** Sends the browser to the issuer. */
  @Get('v1/oidc/login')
  @Open()
  async login(@Res() reply: HttpReply): Promise<void> {
    const { url, cookie } = await this.oidc.begin();
    reply
      .status(302)
      .header('location', url)
      .header('set-cookie', cookieOf(cookie, SIGN_IN_MAX_MS))
      .header('cache-control', 'no-store')
      .send('');
  }

  /** Where the issuer sends it back to; answers as a sign-in with a password does. */
  @Get(CALLBACK_PATH.slice(1))
  @Open()
  async callback(@Req() request: HttpRequest, @Res() reply: HttpReply): Promise<void> {
    const { code, state } = request.query as Readonly<Record<string, unknown>>;
    const session = await this.oidc.finish(anonymousContext(request.id, request.ip), {
      code: textOf(code),
      state: textOf(state),
      cookie: findCookie(request.headers.cookie),
    });
    const organization = await this.repositories.organizations.get(session.user.organizationId);
    reply
      .status(200)
      .header('content-type', 'application/json')
      .header('set-cookie', cookieOf('', 0))
      .header('cache-control', 'no-store')
      .send(presentSession(session, organization));
  }
}

/** Lax: it has to come along when the issuer's page leads back here. */
function cookieOf(value: string, lifeMs: number): string {
  const age = Math.floor(lifeMs / 1_000);
  return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${age}`;
}

function findCookie(header: string | undefined): string | undefined {
  const found = (header ?? '')
    .split(';')
    .map((pair) => pair.trim())
    .find((pair) => pair.startsWith(`${COOKIE}=`));
  return found !== undefined && found.length <= COOKIE_CHARS_MAX
    ? found.slice(COOKIE.length + 1)
    : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

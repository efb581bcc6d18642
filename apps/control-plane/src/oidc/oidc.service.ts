import { Inject, Injectable } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { ApiAddress } from '../http/api-address.ts';
import { createIssuerFetch } from '../identity-providers/issuer-fetch.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import { SessionsService, type OpenSession } from '../sessions/sessions.service.ts';
import { OidcIssuer } from './oidc-issuer.ts';
import { challengeOf, newSignInState, openSignIn, sealSignIn } from './sign-in-state.ts';

/** The path that the issuer sends the browser back to. */
export const CALLBACK_PATH = '/v1/oidc/callback';

/** What the issuer sent the browser back with, and what the browser kept. */
export interface Callback {
  readonly code: string | undefined;
  readonly state: string | undefined;
  readonly cookie: string | undefined;
}

/** Sign-in of people at the operator's OpenID issuer. */
@Injectable()
export class OidcService {
  readonly #issuer: OidcIssuer | undefined;

  constructor(
    private readonly repositories: Repositories,
    private readonly sessions: SessionsService,
    private readonly address: ApiAddress,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {
    const { clock, oidc } = ports;
    // The operator chose the issuer: it may lie on their own network.
    const fetchJson = createIssuerFetch('any');
    this.#issuer = oidc === undefined ? undefined : new OidcIssuer(oidc, { fetchJson, clock });
  }

  /** Where to send the browser, and the cookie it has to keep. Throws `not_found`. */
  async begin(): Promise<{ readonly url: string; readonly cookie: string }> {
    const { clock, masterKey, random } = this.ports;
    const signIn = newSignInState(random, clock);
    const { state, nonce } = signIn;
    const challenge = challengeOf(signIn);
    const request = { redirectUri: this.#redirectUri(), state, nonce, challenge };
    const url = await this.#getIssuer().authorizationUrl(request);
    return { url, cookie: sealSignIn(masterKey, signIn) };
  }

  /**
   * Opens a session for the user with the verified e-mail. Throws `forbidden`: also when the
   * callback is not of a sign-in that this browser began.
   */
  async finish(ctx: OpContext, callback: Callback): Promise<OpenSession> {
    const { clock, masterKey } = this.ports;
    const issuer = this.#getIssuer();
    const { code, state, cookie } = callback;
    const signIn = cookie === undefined ? undefined : openSignIn(masterKey, cookie, clock.wallMs());
    if (signIn === undefined || code === undefined || state !== signIn.state)
      throw new AppError(
        'forbidden',
        'The sign-in is too old, or of another browser: begin again.',
      );
    const { nonce, verifier } = signIn;
    const redirectUri = this.#redirectUri();
    const email = (await issuer.emailOf({ code, redirectUri, verifier, nonce })).toLowerCase();
    const user = await this.repositories.users.findSso(email);
    if (user === undefined)
      throw new AppError('forbidden', `Nobody has invited ${email} to sign in at the issuer.`);
    return this.sessions.open(ctx, user);
  }

  #redirectUri(): string {
    return this.address.link(CALLBACK_PATH);
  }

  #getIssuer(): OidcIssuer {
    if (this.#issuer !== undefined) return this.#issuer;
    throw new AppError('not_found', 'There is no issuer to sign in at: set WEIRHOUSE_OIDC_ISSUER.');
  }
}

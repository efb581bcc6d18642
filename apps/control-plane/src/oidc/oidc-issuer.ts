import { AppError, type Clock } from '@weirhouse/shared-kernel';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { z } from 'zod';
import type { FetchJson } from '../identity-providers/issuer-fetch.ts';
import {
  fetchKeys,
  findKey,
  ISSUER_ALGORITHMS,
  type FetchedKeys,
} from '../identity-providers/issuer-keys.ts';

/** How long what an issuer says about itself is good, in milliseconds. */
const METADATA_MAX_MS = 3_600_000;
/** How far the issuer's clock may differ from ours, in seconds. */
const SKEW_S = 30;

/** The operator's issuer, at which people sign in. */
export interface OidcSettings {
  readonly issuer: string;
  readonly clientId: string;
  /** Undefined = a public client: the code is protected by PKCE alone. */
  readonly clientSecret: string | undefined;
}

const MetadataSchema = z.object({
  issuer: z.string(),
  authorization_endpoint: z.url(),
  token_endpoint: z.url(),
  jwks_uri: z.url(),
});
type Metadata = Readonly<z.output<typeof MetadataSchema>>;

const TokensSchema = z.object({ id_token: z.string() });
/** Some issuers write the truth as text. */
const ClaimsSchema = z.object({
  nonce: z.string(),
  email: z.string().min(1),
  email_verified: z.union([z.literal(true), z.literal('true')]),
});

/** Where a code came from: what binds it to the browser that asked. */
export interface CodeProof {
  readonly code: string;
  readonly redirectUri: string;
  /** RFC 7636. */
  readonly verifier: string;
  readonly nonce: string;
}

/** The relying party's side of OpenID Connect's code flow (Core section 3.1). */
export class OidcIssuer {
  readonly #settings: OidcSettings;
  readonly #fetchJson: FetchJson;
  readonly #clock: Clock;
  #known: { readonly metadata: Metadata; readonly atMs: number } | undefined;

  constructor(
    settings: OidcSettings,
    ports: { readonly fetchJson: FetchJson; readonly clock: Clock },
  ) {
    this.#settings = settings;
    this.#fetchJson = ports.fetchJson;
    this.#clock = ports.clock;
  }

  /** Where the browser is sent. */
  async authorizationUrl(request: {
    readonly redirectUri: string;
    readonly state: string;
    readonly nonce: string;
    readonly challenge: string;
  }): Promise<string> {
    const url = new URL((await this.#metadata()).authorization_endpoint);
    const parameters = {
      response_type: 'code',
      client_id: this.#settings.clientId,
      redirect_uri: request.redirectUri,
      scope: 'openid email',
      state: request.state,
      nonce: request.nonce,
      code_challenge: request.challenge,
      code_challenge_method: 'S256',
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return url.href;
  }

  /** The verified e-mail of whoever signed in. Throws `forbidden`, or `unavailable`. */
  async emailOf(proof: CodeProof): Promise<string> {
    const metadata = await this.#metadata();
    const answer = await this.#fetchJson(metadata.token_endpoint, this.#tokenRequest(proof));
    const tokens = TokensSchema.safeParse(answer);
    if (!tokens.success) throw refused('The issuer has given no identity token.');
    const keys = await fetchKeys(metadata.jwks_uri, {
      fetchJson: this.#fetchJson,
      clock: this.#clock,
    });
    const claims = ClaimsSchema.safeParse(await this.#verify(tokens.data.id_token, keys));
    if (!claims.success) throw refused('The issuer has not said that your e-mail is verified.');
    if (claims.data.nonce !== proof.nonce) throw refused('The sign-in is of another browser.');
    return claims.data.email;
  }

  #tokenRequest(proof: CodeProof): { readonly form: URLSearchParams; readonly basic?: string } {
    const { clientId, clientSecret } = this.#settings;
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: proof.code,
      redirect_uri: proof.redirectUri,
      code_verifier: proof.verifier,
      client_id: clientId,
    });
    if (clientSecret === undefined) return { form };
    // RFC 6749 section 2.3.1: both halves are form-encoded first.
    const halves = [clientId, clientSecret].map(encodeURIComponent).join(':');
    return { form, basic: Buffer.from(halves).toString('base64') };
  }

  async #verify(token: string, { keys }: FetchedKeys): Promise<unknown> {
    try {
      const { kid, alg } = decodeProtectedHeader(token);
      const key = await findKey(keys, { kid, alg });
      if (key === undefined) throw refused('The issuer has signed with a key it does not publish.');
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...ISSUER_ALGORITHMS],
        issuer: this.#settings.issuer,
        audience: this.#settings.clientId,
        clockTolerance: SKEW_S,
        currentDate: new Date(this.#clock.wallMs()),
        requiredClaims: ['exp', 'iat'],
      });
      return payload;
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      throw refused('The identity token of the issuer is not good.', cause);
    }
  }

  async #metadata(): Promise<Metadata> {
    const nowMs = this.#clock.monotonicMs();
    if (this.#known !== undefined && nowMs - this.#known.atMs < METADATA_MAX_MS)
      return this.#known.metadata;
    const { issuer } = this.#settings;
    const url = `${issuer.replace(/\/$/u, '')}/.well-known/openid-configuration`;
    const metadata = MetadataSchema.safeParse(await this.#fetchJson(url));
    // OpenID Connect Discovery section 4.3: or another issuer could speak for this one.
    if (!metadata.success || metadata.data.issuer !== issuer)
      throw new AppError('unavailable', `${url} does not describe the issuer ${issuer}.`);
    this.#known = { metadata: metadata.data, atMs: nowMs };
    return metadata.data;
  }
}

function refused(message: string, cause?: unknown): AppError {
  return new AppError('forbidden', message, { cause });
}

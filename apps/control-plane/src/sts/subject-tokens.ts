import { Inject, Injectable } from '@nestjs/common';
import { isAppError } from '@weirhouse/shared-kernel';
import { decodeProtectedHeader, jwtVerify, type JWTPayload } from 'jose';
import { Repositories } from '../database/repositories.ts';
import type { IdentityProvider } from '../identity-providers/identity-providers.repository.ts';
import { IssuerAccess } from '../identity-providers/issuer-access.ts';
import {
  fetchKeys,
  findKey,
  ISSUER_ALGORITHMS,
  isUsable,
  mustFetch,
  type IssuerKey,
} from '../identity-providers/issuer-keys.ts';
import { PORTS, type ServicePorts } from '../ports.ts';

/** How far an issuer's clock may differ from ours, in seconds. */
const SKEW_S = 30;

/** A token that is good: what it says, and how long it still lives. */
export interface SubjectClaims {
  readonly claims: JWTPayload;
  readonly remainingMs: number;
}

/** Verifies tokens of identity providers with the keys that their issuers publish. */
@Injectable()
export class SubjectTokens {
  constructor(
    private readonly repositories: Repositories,
    private readonly access: IssuerAccess,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Undefined = not signed by the issuer, not its token, or too old. */
  async verify(token: string, provider: IdentityProvider): Promise<SubjectClaims | undefined> {
    const nowMs = this.ports.clock.wallMs();
    try {
      const { kid, alg } = decodeProtectedHeader(token);
      const key = await findKey(await this.#keys(provider, kid ?? ''), { kid, alg });
      if (key === undefined) return undefined;
      const { payload } = await jwtVerify(token, key, {
        algorithms: [...ISSUER_ALGORITHMS],
        issuer: provider.issuer,
        clockTolerance: SKEW_S,
        currentDate: new Date(nowMs),
        requiredClaims: ['exp'],
      });
      const remainingMs = (payload.exp ?? 0) * 1_000 - nowMs;
      return remainingMs > 0 ? { claims: payload, remainingMs } : undefined;
    } catch (error) {
      if (isTokenFault(error)) return undefined;
      throw error;
    }
  }

  /** The provider's keys, fetched again when they are old or the wanted one is not among them. */
  async #keys(provider: IdentityProvider, kid: string): Promise<readonly IssuerKey[]> {
    const { clock } = this.ports;
    if (!mustFetch(provider, kid, clock.wallMs())) return provider.keys;
    try {
      const { fetchJson } = this.access;
      const fetched = await fetchKeys(provider.jwksUri, { fetchJson, clock });
      await this.repositories.identityProviders.saveKeys({ ...provider, ...fetched });
      return fetched.keys;
    } catch (error) {
      const isAway = isAppError(error) && error.code === 'unavailable';
      if (!isAway || !isUsable(provider.keysFetchedAtMs, clock.wallMs())) throw error;
      return provider.keys;
    }
  }
}

/** A claim's text: `claims.sub` and `sub` are the same; undefined = it is not there, or no text. */
export function claimOf(claims: JWTPayload, name: string): string | undefined {
  const value = claims[name.replace(/^claims\./u, '')];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What is wrong with the token itself; anything else is our own trouble. */
function isTokenFault(error: unknown): boolean {
  if (error instanceof TypeError) return true;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^ERR_J(?:WT|WS|OSE)_/u.test(code);
}

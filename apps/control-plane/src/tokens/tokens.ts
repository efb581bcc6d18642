import { Inject, Injectable } from '@nestjs/common';
import { unreachable } from '@weirhouse/shared-kernel';
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { PORTS, type ServicePorts } from '../ports.ts';
import { SigningKeys, TOKEN_ALGORITHM } from './signing-keys.ts';

/** Who signs; the same for every process of an installation, whatever its address. */
const ISSUER = 'weirhouse';
/** How far two processes' clocks may differ, in seconds. */
const SKEW_S = 5;

/** What a token lets in, and until when. */
export type TokenClaims =
  /** A signed-in user, to everything. */
  | { readonly kind: 'session'; readonly userId: string; readonly sessionId: string }
  /** The same, to the data plane only. */
  | { readonly kind: 'data'; readonly userId: string; readonly sessionId: string }
  /** A program that exchanged its issuer's token, as an identity pool. */
  | {
      readonly kind: 'sts';
      readonly organizationId: string;
      readonly poolId: string;
      /** Who it is at its issuer, for the audit log. */
      readonly identity: string;
    };

const SessionPayload = z.object({ sub: z.string(), sid: z.string() });
const StsPayload = z.object({ sub: z.string(), org: z.string(), identity: z.string() });

/** How long tokens live, in milliseconds. */
export const TOKEN_LIFE_MS = {
  /** Short, so that a stolen one is soon worth nothing; clients refresh it by themselves. */
  session: 10 * 60_000,
  data: 10 * 60_000,
  /** The contract's bound. */
  sts: 15 * 60_000,
} as const;

/** Makes and reads the platform's own tokens (JWT, RFC 7519). */
@Injectable()
export class Tokens {
  constructor(
    private readonly keys: SigningKeys,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Signs a token that is good for `lifeMs` from now. */
  async sign(claims: TokenClaims, lifeMs: number): Promise<string> {
    const { kid, key } = await this.keys.current();
    const nowS = Math.floor(this.ports.clock.wallMs() / 1_000);
    return new SignJWT(payloadOf(claims))
      .setProtectedHeader({ alg: TOKEN_ALGORITHM, kid, typ: 'JWT' })
      .setIssuer(ISSUER)
      .setAudience(audienceOf(claims.kind))
      .setIssuedAt(nowS)
      .setExpirationTime(nowS + Math.floor(lifeMs / 1_000))
      .sign(key);
  }

  /** What a token says, or undefined when it is not ours, changed, too old, or no token at all. */
  async verify(token: string): Promise<TokenClaims | undefined> {
    try {
      const { payload } = await jwtVerify(
        token,
        async ({ kid }) => {
          const key = kid === undefined ? undefined : await this.keys.find(kid);
          if (key === undefined) throw new UnknownKey();
          return key;
        },
        {
          algorithms: [TOKEN_ALGORITHM],
          issuer: ISSUER,
          clockTolerance: SKEW_S,
          currentDate: new Date(this.ports.clock.wallMs()),
          requiredClaims: ['exp', 'aud'],
        },
      );
      return claimsOf(payload);
    } catch (error) {
      if (isTokenFault(error)) return undefined;
      throw error;
    }
  }
}

class UnknownKey extends Error {}

function payloadOf(claims: TokenClaims): Record<string, string> {
  switch (claims.kind) {
    case 'session':
    case 'data':
      return { sub: claims.userId, sid: claims.sessionId };
    case 'sts':
      return { sub: claims.poolId, org: claims.organizationId, identity: claims.identity };
    default:
      return unreachable(claims);
  }
}

function audienceOf(kind: TokenClaims['kind']): string {
  return `weirhouse:${kind}`;
}

function claimsOf(payload: { readonly aud?: unknown }): TokenClaims | undefined {
  const kind = (['session', 'data', 'sts'] as const).find(
    (candidate) => payload.aud === audienceOf(candidate),
  );
  if (kind === undefined) return undefined;
  if (kind === 'sts') {
    const { data } = StsPayload.safeParse(payload);
    return data && { kind, organizationId: data.org, poolId: data.sub, identity: data.identity };
  }
  const { data } = SessionPayload.safeParse(payload);
  return data && { kind, userId: data.sub, sessionId: data.sid };
}

/** What is wrong with the token itself; anything else is our own trouble. */
function isTokenFault(error: unknown): boolean {
  if (error instanceof UnknownKey) return true;
  const { code } = error as { readonly code?: unknown };
  return typeof code === 'string' && /^ERR_J(?:WT|WS|OSE)_/u.test(code);
}

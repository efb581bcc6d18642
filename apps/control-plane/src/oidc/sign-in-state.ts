import { createHash } from 'node:crypto';
import type { Clock, Random } from '@weirhouse/shared-kernel';
import { z } from 'zod';
import { openSecret, sealSecret } from '../secrets/envelope.ts';
import type { MasterKey } from '../secrets/master-key.ts';

/** How long somebody may take at the issuer, in milliseconds. */
export const SIGN_IN_MAX_MS = 600_000;
/** 256 random bits for each of the three secrets. */
const SECRET_BYTES = 32;
const CONTEXT = 'oidc-sign-in';

const StateSchema = z.object({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  endMs: z.number(),
});

/** A sign-in under way. The browser keeps it, sealed, so that any process can finish it. */
export type SignInState = Readonly<z.output<typeof StateSchema>>;

/** A new sign-in. */
export function newSignInState(random: Random, clock: Clock): SignInState {
  const secret = (): string => random.bytes(SECRET_BYTES).toString('base64url');
  const endMs = clock.wallMs() + SIGN_IN_MAX_MS;
  return { state: secret(), nonce: secret(), verifier: secret(), endMs };
}

/** What the issuer is shown of the verifier (RFC 7636 section 4.2). */
export function challengeOf({ verifier }: SignInState): string {
  return createHash('sha256').update(verifier).digest('base64url');
}

/** The cookie's text. */
export function sealSignIn(key: MasterKey, state: SignInState): string {
  return sealSecret(key, Buffer.from(JSON.stringify(state)), CONTEXT).toString('base64url');
}

/** The sign-in of a cookie; undefined = not ours, changed, or too old. */
export function openSignIn(key: MasterKey, text: string, nowMs: number): SignInState | undefined {
  try {
    const plain = openSecret(key, Buffer.from(text, 'base64url'), CONTEXT).toString();
    const state = StateSchema.parse(JSON.parse(plain));
    return nowMs < state.endMs ? state : undefined;
  } catch {
    // Whatever a stranger sends: there is no sign-in under way.
    return undefined;
  }
}

import { z } from 'zod';
import { openSecret, sealSecret } from '../secrets/envelope.ts';
import type { MasterKey } from '../secrets/master-key.ts';

/** How long a token can be used: long enough to be passed on, in milliseconds. */
export const RESET_MAX_MS = 24 * 3_600_000;

const CONTEXT = 'password-reset';

const ResetSchema = z.object({
  organizationId: z.string(),
  userId: z.string(),
  /** Of the password that is replaced: once it is, the token opens nothing. */
  fingerprint: z.string(),
  endMs: z.number(),
});

/** A one-time token and until when it can be used. */
export interface IssuedReset {
  readonly token: string;
  readonly endMs: number;
}

/** Whose password may be replaced, until when. */
export type PasswordReset = Readonly<z.output<typeof ResetSchema>>;

/** The token's text. Nothing of it is stored: it is sealed with the master key. */
export function sealReset(key: MasterKey, reset: PasswordReset): string {
  return sealSecret(key, Buffer.from(JSON.stringify(reset)), CONTEXT).toString('base64url');
}

/** What a token says; undefined = not ours, changed, or too old. */
export function openReset(key: MasterKey, text: string, nowMs: number): PasswordReset | undefined {
  try {
    const plain = openSecret(key, Buffer.from(text, 'base64url'), CONTEXT).toString();
    const reset = ResetSchema.parse(JSON.parse(plain));
    return nowMs < reset.endMs ? reset : undefined;
  } catch {
    // Whatever a stranger sends.
    return undefined;
  }
}

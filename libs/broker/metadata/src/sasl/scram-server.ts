import { assert } from '@weirhouse/shared-kernel';
import type { ScramCrypto, ScramMechanism } from './scram-crypto.ts';
import {
  type ClientFinalMessage,
  type ClientFirstMessage,
  parseClientFinal,
  parseClientFirst,
} from './scram-messages.ts';

/*
 * One login (RFC 5802 section 3):
 *
 * | state         | client sends         | server answers | next          |
 * | awaitingFirst | valid client-first   | challenge      | awaitingFinal |
 * | awaitingFinal | client-final, proven | success        | finished      |
 * | either        | anything else        | failure        | finished      |
 * | finished      | -                    | (asserts)      | -             |
 *
 * A user who does not exist gets a challenge like everybody else and fails at the proof.
 */

/** A stored credential as the server needs it. */
export interface ScramCredential {
  readonly salt: Buffer;
  readonly storedKey: Buffer;
  readonly serverKey: Buffer;
  readonly iterations: number;
  /** Whom the credential acts as, as `User:name`; null = `User:` and the login name. */
  readonly principal: string | null;
}

/** What the server says next. `reason` is for the log: clients only learn that it failed. */
export type ScramStep =
  | { readonly kind: 'challenge'; readonly message: Buffer }
  | {
      readonly kind: 'success';
      readonly message: Buffer;
      readonly user: string;
      readonly principal: string;
      /** Where the client is for which a super user logged in, when it told. */
      readonly host: string | undefined;
    }
  | {
      readonly kind: 'failure';
      /** `principal`: proven, but it may not act as another; `malformed`: no honest client sends it. */
      readonly cause: 'credentials' | 'principal' | 'malformed';
      readonly reason: string;
    };

export interface ScramServerOptions {
  readonly mechanism: ScramMechanism;
  readonly crypto: ScramCrypto;
  /** The credential of a login name under this mechanism, or undefined. */
  readonly findCredential: (user: string) => ScramCredential | undefined;
  /**
   * Whether a principal may act as the one that the authorization id names (RFC 5802 section 5.1):
   * the platform logs in so on behalf of its REST callers. Absent = nobody may.
   */
  readonly mayActAsOthers?: (principal: string) => boolean;
  /** Shape of the challenge for users who do not exist; see `ScramDecoy`. */
  readonly decoy: ScramDecoy;
}

/** What unknown users are shown. It must look like the credentials that are really made. */
export interface ScramDecoy {
  /** Random bytes of this cluster: the same user sees the same salt at every try. */
  readonly secret: Buffer;
  readonly saltBytes: number;
  readonly iterations: number;
}

/** Random bytes of the server's half of the nonce: 144 bits, no `=` padding in base64. */
const NONCE_BYTES = 18;

/** How the authorization ids begin that name a principal. */
const PRINCIPAL_PREFIX = 'User:';

interface Challenge {
  readonly first: ClientFirstMessage;
  readonly serverFirst: string;
  readonly nonce: string;
  readonly credential: ScramCredential | undefined;
}

/** The server's side of one SCRAM login. Feed it each client message until it is finished. */
export class ScramServer {
  readonly #options: ScramServerOptions;
  #challenge: Challenge | undefined;
  #finished = false;

  constructor(options: ScramServerOptions) {
    this.#options = options;
  }

  /** Answers one client message. Throws `internal` when the login is already over. */
  evaluate(message: Buffer): ScramStep {
    assert(!this.#finished, 'a SCRAM message after the end of the login');
    const step =
      this.#challenge === undefined
        ? this.#onClientFirst(message)
        : this.#onClientFinal(message, this.#challenge);
    this.#finished = step.kind !== 'challenge';
    return step;
  }

  #onClientFirst(message: Buffer): ScramStep {
    const first = parseClientFirst(message);
    if (first === undefined) return failure('malformed client-first-message');
    if (isOther(first) && !first.authzid.startsWith(PRINCIPAL_PREFIX)) {
      return failure('the authorization id differs from the user name', 'credentials');
    }
    const credential = this.#options.findCredential(first.user);
    // Made for everybody: what is made for unknown users only would take time for them only.
    const decoySalt = this.#decoySalt(first.user);
    const salt = credential?.salt ?? decoySalt;
    const iterations = credential?.iterations ?? this.#options.decoy.iterations;
    const nonce = first.nonce + this.#options.crypto.randomBytes(NONCE_BYTES).toString('base64');
    const serverFirst = `r=${nonce},s=${salt.toString('base64')},i=${iterations}`;
    this.#challenge = { first, serverFirst, nonce, credential };
    return { kind: 'challenge', message: Buffer.from(serverFirst) };
  }

  #decoySalt(user: string): Buffer {
    const { crypto, decoy, mechanism } = this.#options;
    const label = Buffer.from(`${mechanism.name}:${user}`);
    return crypto.hmac('sha512', decoy.secret, label).subarray(0, decoy.saltBytes);
  }

  #onClientFinal(message: Buffer, challenge: Challenge): ScramStep {
    const final = parseClientFinal(message);
    if (final === undefined) return failure('malformed client-final-message');
    // Exact, as in Kafka 4: accepting a suffix would accept a nonce the client never chose.
    if (final.nonce !== challenge.nonce) return failure('the nonce is not the one of this login');
    if (final.channelBinding.toString('utf8') !== challenge.first.gs2Header) {
      return failure('the channel binding is not the one of this login');
    }
    return this.#checkProof(final, challenge);
  }

  #checkProof(final: ClientFinalMessage, challenge: Challenge): ScramStep {
    const { crypto, mechanism } = this.#options;
    const { first, serverFirst, credential } = challenge;
    const authMessage = Buffer.from(`${first.bare},${serverFirst},${final.withoutProof}`);
    // An unknown user costs the same work: a key nobody has the preimage of.
    const storedKey = credential?.storedKey ?? Buffer.alloc(mechanism.keyBytes);
    const signature = crypto.hmac(mechanism.hash, storedKey, authMessage);
    if (final.proof.length !== signature.length) return failure('the proof has a wrong length');
    const clientKey = xor(final.proof, signature);
    const proven =
      storedKey.length === mechanism.keyBytes &&
      crypto.timingSafeEqual(crypto.hash(mechanism.hash, clientKey), storedKey);
    if (credential === undefined) return failure('unknown user', 'credentials');
    if (!proven) return failure('the proof does not match', 'credentials');
    const verifier = crypto.hmac(mechanism.hash, credential.serverKey, authMessage);
    const message = Buffer.from(`v=${verifier.toString('base64')}`);
    const own = credential.principal ?? `User:${first.user}`;
    const { authzid, host, user } = first;
    if (!isOther(first)) return { kind: 'success', message, user, principal: own, host: undefined };
    if (this.#options.mayActAsOthers?.(own) !== true)
      return failure(`${own} may not act as others`, 'principal');
    return { kind: 'success', message, user, principal: authzid, host };
  }
}

/** True when the client asks to act as somebody else. */
function isOther({ authzid, user }: ClientFirstMessage): boolean {
  return authzid !== '' && authzid !== user;
}

function failure(
  reason: string,
  cause: 'credentials' | 'principal' | 'malformed' = 'malformed',
): ScramStep {
  return { kind: 'failure', cause, reason };
}

function xor(a: Buffer, b: Buffer): Buffer {
  const result = Buffer.allocUnsafe(a.length);
  for (let i = 0; i < a.length; i++) result[i] = (a[i] ?? 0) ^ (b[i] ?? 0);
  return result;
}

import {
  findScramMechanism,
  SCRAM_MECHANISMS,
  type ConfigResolver,
  type MetadataImage,
  type ScramDecoy,
} from '@weirhouse/broker-metadata';

import type { BrokerPorts } from '../ports.ts';
import type { SaslExchange, SaslMechanisms } from './mechanism.ts';
import { OauthBearerExchange } from './oauthbearer-exchange.ts';
import { PlainChecker, type HashedCredential } from './plain-checker.ts';
import { ScramExchange } from './scram-exchange.ts';
import type { TokenVerifier } from './token-verifier.ts';

const PLAIN = 'PLAIN';
const OAUTHBEARER = 'OAUTHBEARER';

/** What the platform's own credentials look like, so that unknown users look alike. */
const DECOY_SALT_BYTES = 24;
const DECOY_ITERATIONS = 4_096;

/** What the mechanisms of all listeners share. */
export interface CredentialChecks {
  readonly image: MetadataImage;
  readonly ports: BrokerPorts;
  readonly decoy: ScramDecoy;
  readonly plain: PlainChecker;
  readonly superUsers: ReadonlySet<string>;
}

/** Builds what the listeners share; `secret` is the cluster's own, so that decoys outlive the process. */
export function credentialChecks(
  image: MetadataImage,
  ports: BrokerPorts,
  { secret, superUsers }: { readonly secret: Buffer; readonly superUsers: ReadonlySet<string> },
): CredentialChecks {
  const { clock, crypto } = ports;
  const decoy = { secret, saltBytes: DECOY_SALT_BYTES, iterations: DECOY_ITERATIONS };
  const findCredentials = (user: string) => hashedCredentials(image, user);
  const plain = new PlainChecker({ crypto, clock, decoy, findCredentials });
  return { image, ports, decoy, plain, superUsers };
}

/** The mechanisms of one listener: PLAIN and both SCRAMs over the image's credentials, and OAUTHBEARER. */
export class BrokerMechanisms implements SaslMechanisms {
  readonly #checks: CredentialChecks;
  readonly #configs: ConfigResolver;
  readonly #listener: string;
  readonly #verifier: TokenVerifier | undefined;

  constructor(options: {
    readonly checks: CredentialChecks;
    readonly configs: ConfigResolver;
    readonly listener: string;
    readonly verifier: TokenVerifier | undefined;
  }) {
    this.#checks = options.checks;
    this.#configs = options.configs;
    this.#listener = options.listener;
    this.#verifier = options.verifier;
  }

  get names(): readonly string[] {
    const text = this.#configs.listenerText(this.#listener, 'sasl.enabled.mechanisms');
    return (text ?? '').split(',').filter((name) => this.#isKnown(name));
  }

  begin(mechanism: string): SaslExchange | undefined {
    if (!this.names.includes(mechanism)) return undefined;
    const { decoy, image, plain, ports, superUsers } = this.#checks;
    if (mechanism === PLAIN) return plain.begin();
    if (mechanism === OAUTHBEARER && this.#verifier !== undefined)
      return new OauthBearerExchange(this.#verifier);
    const scram = SCRAM_MECHANISMS.find(({ name }) => name === mechanism);
    if (scram === undefined) return undefined;
    return new ScramExchange({
      mechanism: scram,
      crypto: ports.crypto,
      decoy,
      findCredential: (user) => image.credentials.find(user, scram.id),
      mayActAsOthers: (principal) => superUsers.has(principal),
    });
  }

  sessionMsMax(mechanism: string): number {
    const name = 'connections.max.reauth.ms';
    const own = this.#configs.listenerText(this.#listener, `${mechanism.toLowerCase()}.${name}`);
    return Number(own ?? this.#configs.listenerText(this.#listener, name));
  }

  #isKnown(name: string): boolean {
    if (name === OAUTHBEARER) return this.#verifier !== undefined;
    return name === PLAIN || SCRAM_MECHANISMS.some((mechanism) => mechanism.name === name);
  }
}

/** PLAIN has no credentials of its own: any SCRAM credential of the user will do. */
function hashedCredentials(image: MetadataImage, user: string): HashedCredential[] {
  return image.credentials.of(user).flatMap((credential) => {
    const hash = findScramMechanism(credential.mechanism)?.hash;
    return hash === undefined ? [] : [{ hash, credential }];
  });
}

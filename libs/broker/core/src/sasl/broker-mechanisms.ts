import {
  findScramMechanism,
  SCRAM_MECHANISMS,
  type MetadataImage,
  type ScramDecoy,
} from '@weirhouse/broker-metadata';

import type { BrokerPorts } from '../ports.ts';
import type { SaslExchange, SaslMechanisms } from './mechanism.ts';
import { PlainChecker, type HashedCredential } from './plain-checker.ts';
import { ScramExchange } from './scram-exchange.ts';

const PLAIN = 'PLAIN';

/** What the platform's own credentials look like, so that unknown users look alike. */
const DECOY_SALT_BYTES = 16;
const DECOY_ITERATIONS = 4_096;
const DECOY_SECRET_BYTES = 32;

/** SASL over the credentials in the metadata image: PLAIN and both SCRAMs, as far as enabled. */
export class BrokerMechanisms implements SaslMechanisms {
  readonly names: readonly string[];
  readonly #image: MetadataImage;
  readonly #ports: BrokerPorts;
  readonly #decoy: ScramDecoy;
  readonly #plain: PlainChecker;

  constructor(options: { image: MetadataImage; ports: BrokerPorts; enabled: readonly string[] }) {
    this.#image = options.image;
    this.#ports = options.ports;
    this.names = options.enabled.filter((name) => isKnown(name));
    const { clock, crypto } = options.ports;
    this.#decoy = {
      secret: crypto.randomBytes(DECOY_SECRET_BYTES),
      saltBytes: DECOY_SALT_BYTES,
      iterations: DECOY_ITERATIONS,
    };
    this.#plain = new PlainChecker({
      crypto,
      clock,
      decoy: this.#decoy,
      findCredential: (user) => this.#findAny(user),
    });
  }

  begin(mechanism: string): SaslExchange | undefined {
    if (!this.names.includes(mechanism)) return undefined;
    if (mechanism === PLAIN) return this.#plain.begin();
    const scram = SCRAM_MECHANISMS.find(({ name }) => name === mechanism);
    if (scram === undefined) return undefined;
    return new ScramExchange({
      mechanism: scram,
      crypto: this.#ports.crypto,
      decoy: this.#decoy,
      findCredential: (user) => this.#image.credentials.find(user, scram.id),
    });
  }

  /** PLAIN has no credentials of its own: any SCRAM credential of the user will do. */
  #findAny(user: string): HashedCredential | undefined {
    for (const credential of this.#image.credentials.of(user)) {
      const hash = findScramMechanism(credential.mechanism)?.hash;
      if (hash !== undefined) return { hash, credential };
    }
    return undefined;
  }
}

function isKnown(name: string): boolean {
  return name === PLAIN || SCRAM_MECHANISMS.some((mechanism) => mechanism.name === name);
}

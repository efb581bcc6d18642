import { ScramServer, type ScramServerOptions } from '@weirhouse/broker-metadata';

import type { SaslExchange, SaslOutcome } from './mechanism.ts';

/** A login by SCRAM (RFC 5802): two tokens, answered at once. */
export class ScramExchange implements SaslExchange {
  readonly #server: ScramServer;

  constructor(options: ScramServerOptions) {
    this.#server = new ScramServer(options);
  }

  step(token: Buffer, done: (outcome: SaslOutcome) => void): void {
    const step = this.#server.evaluate(token);
    switch (step.kind) {
      case 'challenge':
        return done({ kind: 'challenge', token: step.message });
      case 'success':
        return done({
          kind: 'done',
          token: step.message,
          principal: step.principal,
          host: step.host,
        });
      case 'failure':
        return done({ kind: 'failed', cause: step.cause, reason: step.reason });
    }
  }
}

import { Inject, Injectable } from '@nestjs/common';
import { isAppError, type ErrorCode } from '@weirhouse/shared-kernel';
import { Counter, type Registry } from 'prom-client';
import { METRICS } from '../ports.ts';

/** What somebody shows. */
type Shown = 'key' | 'token' | 'password' | 'exchange';

/** Counts who gets in and who does not; no label has a tenant in it. */
@Injectable()
export class AuthenticationCounter {
  readonly #counter: Counter<'shown' | 'outcome'>;

  constructor(@Inject(METRICS) registry: Registry) {
    this.#counter = new Counter({
      name: 'weirhouse_control_plane_authentications_total',
      help: 'Credentials shown, by kind and outcome: good, bad, limited (too many failed tries) or failed (our fault).',
      labelNames: ['shown', 'outcome'],
      registers: [registry],
    });
  }

  /** Does the work and counts how it went. */
  async counting<T>(shown: Shown, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      this.#counter.inc({ shown, outcome: 'good' });
      return result;
    } catch (error) {
      this.#counter.inc({ shown, outcome: outcomeOf(error) });
      throw error;
    }
  }
}

/** What says that the credential was at fault. */
const BAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'unauthenticated',
  'forbidden',
  'invalid_argument',
]);

function outcomeOf(error: unknown): 'bad' | 'limited' | 'failed' {
  if (!isAppError(error)) return 'failed';
  if (error.code === 'rate_limited') return 'limited';
  return BAD.has(error.code) ? 'bad' : 'failed';
}

import type { Provider } from '@nestjs/common';
import { PORTS, type ServicePorts } from '../ports.ts';
import { AttemptLimiter, KEY_LIMITS, PASSWORD_LIMITS } from './attempt-limiter.ts';

/** Nest's tokens of the two limiters of failed tries: one for passwords, one for keys. */
export const PASSWORD_ATTEMPTS = Symbol('PASSWORD_ATTEMPTS');
export const KEY_ATTEMPTS = Symbol('KEY_ATTEMPTS');

/** The limiters of this process; each process counts for itself. */
export const ATTEMPT_PROVIDERS: readonly Provider[] = [
  {
    provide: PASSWORD_ATTEMPTS,
    inject: [PORTS],
    useFactory: ({ clock, attemptLimits }: ServicePorts) =>
      new AttemptLimiter(clock, attemptLimits ?? PASSWORD_LIMITS),
  },
  {
    provide: KEY_ATTEMPTS,
    inject: [PORTS],
    useFactory: ({ clock, attemptLimits }: ServicePorts) =>
      new AttemptLimiter(clock, attemptLimits ?? KEY_LIMITS),
  },
];

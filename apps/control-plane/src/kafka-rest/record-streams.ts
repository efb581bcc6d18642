import { Inject, Injectable, type OnModuleDestroy } from '@nestjs/common';
import { AppError } from '@weirhouse/shared-kernel';
import { Gauge, type Registry } from 'prom-client';
import type { TooManyAttempts } from '../auth/attempt-limiter.ts';
import type { OpContext } from '../auth/op-context.ts';
import { METRICS } from '../ports.ts';

/** Most requests of one caller that write records at the same time, so that nobody takes all. */
export const STREAMS_PER_CALLER_MAX = 64;
/** Most of all callers together: each holds a batch and a socket's buffers, about 2 MiB at most. */
const STREAMS_MAX = 512;
/** When the next one may be tried. */
const RETRY_AFTER_MS = 1_000;

/** Ends the reading of a body; what was read is still written and answered. */
type Stop = () => void;

/** The requests that write records right now: bounded, and ended when the process is to end. */
@Injectable()
export class RecordStreams implements OnModuleDestroy {
  readonly #open = new Map<Stop, string>();
  readonly #perCaller = new Map<string, number>();

  constructor(@Inject(METRICS) registry: Registry) {
    const open = this.#open;
    const gauge: Gauge = new Gauge({
      name: 'weirhouse_control_plane_record_streams',
      help: 'Requests that write records at this moment; one process takes 512.',
      registers: [registry],
      collect: () => gauge.set(open.size),
    });
  }

  /** Runs `work` as one of them. Throws `rate_limited` when there are too many. */
  async run(ctx: OpContext, stop: Stop, work: () => Promise<void>): Promise<void> {
    const caller = `${ctx.organizationId} ${ctx.actor.id}`;
    const ofCaller = this.#perCaller.get(caller) ?? 0;
    if (ofCaller >= STREAMS_PER_CALLER_MAX || this.#open.size >= STREAMS_MAX) throw tooMany();
    this.#open.set(stop, caller);
    this.#perCaller.set(caller, ofCaller + 1);
    try {
      await work();
    } finally {
      this.#open.delete(stop);
      const rest = (this.#perCaller.get(caller) ?? 1) - 1;
      if (rest > 0) this.#perCaller.set(caller, rest);
      else this.#perCaller.delete(caller);
    }
  }

  onModuleDestroy(): void {
    for (const stop of this.#open.keys()) stop();
  }
}

function tooMany(): AppError {
  const cause: TooManyAttempts = { retryAfterMs: RETRY_AFTER_MS };
  return new AppError(
    'rate_limited',
    `Too many requests write records at the same time: ${STREAMS_PER_CALLER_MAX} of one caller at most. Send several records in one.`,
    { cause },
  );
}

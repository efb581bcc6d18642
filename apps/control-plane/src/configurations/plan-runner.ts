import { Inject, Injectable } from '@nestjs/common';
import {
  applyConfiguration,
  readAndPlan,
  withHold,
  type ApplyOptions,
  type ApplyStep,
  type CloudClient,
  type ConfigurationWish,
  type Pace,
  type PlannedConfiguration,
} from '@weirhouse/cloud-client';
import type { Log } from '@weirhouse/shared-kernel';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { LOG, PORTS, systemTimers, type ServicePorts } from '../ports.ts';
import { OwnApi } from './own-api.ts';
import type { PlanStatus, PlanStep, StoredPlan } from './plans.repository.ts';

/** How often an apply says that it is alive, in milliseconds. */
const HEARTBEAT_MS = 10_000;

/** What tells two applies of one plan apart, in bytes. */
const HOLDER_BYTES = 8;

/** Makes plans and does what they say, in the name of a caller. */
@Injectable()
export class PlanRunner {
  constructor(
    private readonly repositories: Repositories,
    private readonly api: OwnApi,
    @Inject(PORTS) private readonly ports: ServicePorts,
    @Inject(LOG) private readonly log: Log,
  ) {}

  plan(ctx: OpContext, wish: ConfigurationWish): Promise<PlannedConfiguration> {
    return readAndPlan(this.api.clientOf(ctx), wish);
  }

  /**
   * Plans again while no other apply goes on, and begins what `check` lets through; how it goes is
   * written into the plan's row. Throws what `check` throws, and `failed_precondition` while another
   * apply goes on.
   */
  start(
    ctx: OpContext,
    stored: StoredPlan,
    {
      check,
      wish,
    }: {
      readonly wish: ConfigurationWish;
      readonly check: (planned: PlannedConfiguration) => Promise<void>;
    },
  ): Promise<void> {
    const client = this.api.clientOf(ctx);
    // Twice the same plan at once are two applies, of which one may go on.
    const holder = `${stored.id}-${this.ports.random.bytes(HOLDER_BYTES).toString('hex')}`;
    const pace = this.#pace(() => undefined);
    return new Promise((resolve, reject) => {
      const whole = withHold({ client, wish, holder, pace, onWait: undefined }, async () => {
        const planned = await readAndPlan(client, wish);
        await check(planned);
        resolve();
        return this.#apply({ client, holder }, stored, planned);
      });
      // The end is told after the hold is given back: whoever reads it may apply the next plan.
      void whole.then((tellEnd) => tellEnd(), reject);
    });
  }

  async #apply(
    apply: { readonly client: CloudClient; readonly holder: string },
    stored: StoredPlan,
    planned: PlannedConfiguration,
  ): Promise<() => void> {
    const progress: PlanStep[] = [];
    let writes = Promise.resolve();
    // One after the other, so that an older state never covers a newer one.
    const write = (status: PlanStatus, error?: string): void => {
      const change = { status, error, progress: [...progress] };
      writes = writes.then(() => this.#write(stored, change));
    };
    const onStep = ({ address, message, state, verb }: ApplyStep): void => {
      if (state === 'begun') return;
      progress.push({ address, verb, state, ...(message === undefined ? {} : { message }) });
      write('APPLYING');
    };
    const pace = this.#pace(() => write('APPLYING'));
    const options = { ...apply, saveSecret: undefined, pace, onStep };
    const { error, status } = await this.#run({ ...planned, ...options });
    return () => write(status, error);
  }

  async #run(
    options: ApplyOptions,
  ): Promise<{ readonly status: PlanStatus; readonly error?: string }> {
    try {
      const { failed } = await applyConfiguration(options);
      if (failed === undefined) return { status: 'APPLIED' };
      const { error } = failed;
      return { status: 'FAILED', error: error instanceof Error ? error.message : String(error) };
    } catch (error) {
      this.log.error({ err: error }, 'a plan could not be applied');
      return { status: 'FAILED', error: 'The platform could not go on: plan again.' };
    }
  }

  #pace(beat: () => void): Pace {
    const { clock } = this.ports;
    let beatMs = clock.monotonicMs();
    return {
      monotonicMs: () => clock.monotonicMs(),
      wait: (delayMs) => {
        if (clock.monotonicMs() - beatMs > HEARTBEAT_MS) {
          beat();
          beatMs = clock.monotonicMs();
        }
        return new Promise((resolve) => void systemTimers.after(delayMs, () => resolve()));
      },
      every,
    };
  }

  async #write(
    stored: StoredPlan,
    change: Pick<StoredPlan, 'status' | 'progress' | 'error'>,
  ): Promise<void> {
    const updatedAtMs = this.ports.clock.wallMs();
    try {
      await this.repositories.plans.update(stored, { ...change, updatedAtMs });
    } catch (error) {
      this.log.warn({ planId: stored.id, err: error }, 'the progress of a plan is not written');
    }
  }
}

/** Does `work` every so often until the answer is called. */
function every(periodMs: number, work: () => void): () => void {
  let cancel: (() => void) | undefined;
  const again = (): void => {
    cancel = systemTimers.after(periodMs, () => {
      work();
      again();
    });
  };
  again();
  return () => cancel?.();
}

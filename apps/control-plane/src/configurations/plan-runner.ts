import { Inject, Injectable } from '@nestjs/common';
import {
  applyConfiguration,
  readAndPlan,
  type ApplyOptions,
  type ApplyStep,
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

  /** Begins; how it goes is written into the plan's row. */
  start(ctx: OpContext, stored: StoredPlan, planned: PlannedConfiguration): void {
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
    const options = { client: this.api.clientOf(ctx), saveSecret: undefined, pace, onStep };
    void this.#run({ ...planned, ...options }, progress, write);
  }

  async #run(
    options: ApplyOptions,
    progress: readonly PlanStep[],
    write: (status: PlanStatus, error?: string) => void,
  ): Promise<void> {
    try {
      const { failed } = await applyConfiguration(options);
      const message = progress.find(({ state }) => state === 'failed')?.message;
      write(failed === undefined ? 'APPLIED' : 'FAILED', message);
    } catch (error) {
      this.log.error({ err: error }, 'a plan could not be applied');
      write('FAILED', 'The platform could not go on: plan again.');
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

import { Inject, Injectable } from '@nestjs/common';
import { organizationCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { MadeObject } from './configurations.repository.ts';
import type { Hold } from './holds.repository.ts';

/** Objects of one configuration at most: what one answer and one plan can hold. */
const OBJECTS_MAX = 10_000;

/**
 * How long an apply that is not heard of keeps others out, in milliseconds: a few of the beats by which
 * it says that it goes on.
 */
const HOLD_MS = 10_000;

/** What is noted at once. */
export interface ConfigurationNote {
  /** Which apply notes it. */
  readonly holder: string;
  /** True = it has ended. */
  readonly release: boolean;
  readonly made: readonly MadeObject[];
  readonly forgotten: readonly string[];
}

/** What declarative configurations made: their plans delete and replace nothing else. */
@Injectable()
export class ConfigurationsService {
  constructor(
    private readonly repositories: Repositories,
    private readonly unit: UnitOfWork,
    @Inject(PORTS) private readonly ports: ServicePorts,
  ) {}

  /** Nothing for a name that nobody used. */
  list(ctx: OpContext, configuration: string): Promise<readonly MadeObject[]> {
    const { organizationId } = ctx;
    authorize(ctx, 'plan:read', organizationCrn(organizationId));
    return this.repositories.configurations.list({ organizationId, configuration }, OBJECTS_MAX);
  }

  /**
   * Notes what one apply made and deleted, and that it goes on. Throws `failed_precondition` while
   * another apply of the same configuration goes on: both would make the same things.
   */
  async note(ctx: OpContext, configuration: string, note: ConfigurationNote): Promise<void> {
    const { organizationId } = ctx;
    authorize(ctx, 'plan:apply', organizationCrn(organizationId));
    const { configurations, holds } = this.repositories;
    const key = { organizationId, configuration };
    const updatedAtMs = this.ports.clock.wallMs();
    await this.unit.run(ctx, async (tx, record) => {
      const times = { nowMs: updatedAtMs, heldUntilMs: updatedAtMs + HOLD_MS };
      const mine = { holder: note.holder, actor: ctx.actor.name };
      const other = await holds.take(tx, key, { ...mine, ...times });
      if (other !== undefined) throw beingApplied(configuration, other);
      if (note.release) await holds.release(tx, key, note.holder);
      // A sign of life alone changes nothing that anybody would look for.
      if (note.made.length + note.forgotten.length === 0) return;
      await configurations.delete(tx, key, note.forgotten);
      for (const made of note.made) await configurations.put(tx, key, { ...made, updatedAtMs });
      if ((await configurations.count(tx, key)) > OBJECTS_MAX) throw tooMany(configuration);
      const resourceCrn = `${organizationCrn(organizationId)}/configuration=${configuration}`;
      await record({ action: 'NoteConfiguration', resourceCrn });
    });
  }
}

function beingApplied(configuration: string, { actor, beganAtMs }: Hold): AppError {
  const since = new Date(beganAtMs).toISOString();
  return new AppError(
    'failed_precondition',
    `The configuration ${configuration} is being applied by ${actor} since ${since}: wait for its end, then plan again.`,
  );
}

function tooMany(configuration: string): AppError {
  return new AppError(
    'quota_exceeded',
    `The configuration ${configuration} would hold more than ${OBJECTS_MAX} objects: split its file.`,
  );
}

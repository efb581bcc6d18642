import { Inject, Injectable } from '@nestjs/common';
import { environmentCrn, organizationCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize, isAllowed } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { noSuchEnvironment } from '../environments/environments.service.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import {
  configurationWithin,
  type ConfigurationKey,
  type MadeObject,
} from './configurations.repository.ts';
import type { Hold } from './holds.repository.ts';

/** Objects of one configuration at most: what one answer and one plan can hold. */
const OBJECTS_MAX = 10_000;

/**
 * How long an apply that is not heard of keeps others out, in milliseconds: a few of the beats by which
 * it says that it goes on.
 */
const HOLD_MS = 10_000;

/** One configuration: of an organization, or of one of its environments. */
export interface ConfigurationName {
  readonly name: string;
  readonly environment?: string | undefined;
}

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
  async list(ctx: OpContext, name: ConfigurationName): Promise<readonly MadeObject[]> {
    const { crn, key } = await this.#place(ctx, name);
    authorize(ctx, 'plan:read', crn);
    return this.repositories.configurations.list(key, OBJECTS_MAX);
  }

  /**
   * Notes what one apply made and deleted, and that it goes on. Throws `failed_precondition` while
   * another apply of the same configuration goes on: both would make the same things.
   */
  async note(ctx: OpContext, name: ConfigurationName, note: ConfigurationNote): Promise<void> {
    const { crn, key } = await this.#place(ctx, name);
    authorize(ctx, 'plan:apply', crn);
    const { configurations, holds } = this.repositories;
    const updatedAtMs = this.ports.clock.wallMs();
    await this.unit.run(ctx, async (tx, record) => {
      const times = { nowMs: updatedAtMs, heldUntilMs: updatedAtMs + HOLD_MS };
      const mine = { holder: note.holder, actor: ctx.actor.name };
      const other = await holds.take(tx, key, { ...mine, ...times });
      if (other !== undefined) throw beingApplied(name.name, other);
      if (note.release) await holds.release(tx, key, note.holder);
      // A sign of life alone changes nothing that anybody would look for.
      if (note.made.length + note.forgotten.length === 0) return;
      await configurations.delete(tx, key, note.forgotten);
      for (const made of note.made) await configurations.put(tx, key, { ...made, updatedAtMs });
      if ((await configurations.count(tx, key)) > OBJECTS_MAX) throw tooMany(name.name);
      const resourceCrn = `${crn}/configuration=${name.name}`;
      await record({ action: 'NoteConfiguration', resourceCrn });
    });
  }

  /** Where a configuration is kept. Throws `not_found`, also for an environment that is not seen. */
  async #place(
    ctx: OpContext,
    { environment, name }: ConfigurationName,
  ): Promise<{ readonly crn: string; readonly key: ConfigurationKey }> {
    const { organizationId } = ctx;
    if (environment === undefined)
      return { crn: organizationCrn(organizationId), key: { organizationId, configuration: name } };
    const found = await this.repositories.environments.find(organizationId, environment);
    const crn = environmentCrn(organizationId, environment);
    if (found === undefined || !isAllowed(ctx, 'environment:read', crn))
      throw noSuchEnvironment(environment);
    return { crn, key: configurationWithin(organizationId, environment, name) };
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

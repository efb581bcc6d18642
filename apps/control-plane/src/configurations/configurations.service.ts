import { Inject, Injectable } from '@nestjs/common';
import { organizationCrn } from '@weirhouse/cloud-contract';
import { AppError } from '@weirhouse/shared-kernel';
import { UnitOfWork } from '../audit/unit-of-work.ts';
import { authorize } from '../auth/authorize.ts';
import type { OpContext } from '../auth/op-context.ts';
import { Repositories } from '../database/repositories.ts';
import { PORTS, type ServicePorts } from '../ports.ts';
import type { MadeObject } from './configurations.repository.ts';

/** Objects of one configuration at most: what one answer and one plan can hold. */
const OBJECTS_MAX = 10_000;

/** What is noted at once. */
export interface ConfigurationNote {
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

  async note(ctx: OpContext, configuration: string, note: ConfigurationNote): Promise<void> {
    const { organizationId } = ctx;
    authorize(ctx, 'plan:apply', organizationCrn(organizationId));
    if (note.made.length + note.forgotten.length === 0) return;
    const { configurations } = this.repositories;
    const key = { organizationId, configuration };
    const updatedAtMs = this.ports.clock.wallMs();
    await this.unit.run(ctx, async (tx, record) => {
      await configurations.delete(tx, key, note.forgotten);
      for (const made of note.made) await configurations.put(tx, key, { ...made, updatedAtMs });
      if ((await configurations.count(tx, key)) > OBJECTS_MAX) throw tooMany(configuration);
      const resourceCrn = `${organizationCrn(organizationId)}/configuration=${configuration}`;
      await record({ action: 'NoteConfiguration', resourceCrn });
    });
  }
}

function tooMany(configuration: string): AppError {
  return new AppError(
    'quota_exceeded',
    `The configuration ${configuration} would hold more than ${OBJECTS_MAX} objects: split its file.`,
  );
}

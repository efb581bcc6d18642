import type { Provider } from '@nestjs/common';
import { ConfigurationsController } from './configurations/configurations.controller.ts';
import { ConfigurationsService } from './configurations/configurations.service.ts';
import { OwnApi } from './configurations/own-api.ts';
import { PlanRunner } from './configurations/plan-runner.ts';
import { PlansController } from './configurations/plans.controller.ts';
import { PlansService } from './configurations/plans.service.ts';

/** Controllers of declarative configuration. */
export const CONFIGURATION_CONTROLLERS = [ConfigurationsController, PlansController] as const;

/** What these controllers are made of. */
export const CONFIGURATION_PROVIDERS: readonly Provider[] = [
  ConfigurationsService,
  OwnApi,
  PlanRunner,
  PlansService,
];

import { CostsController } from './costs.controller.ts';
import { MetricsController } from './metrics.controller.ts';
import { MetricsService } from './metrics.service.ts';
import { UsageReadsRepository } from './usage-reads.repository.ts';

/** What answers questions about usage. */
export const METERING_CONTROLLERS = [MetricsController, CostsController] as const;

/** What it needs. */
export const METERING_PROVIDERS = [MetricsService, UsageReadsRepository] as const;

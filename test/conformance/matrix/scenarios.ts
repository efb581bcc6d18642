import type { Feature } from './features.ts';
import { adminScenarios } from './scenarios/admin.ts';
import { groupScenarios } from './scenarios/groups.ts';
import { offsetScenarios } from './scenarios/offsets.ts';
import { recordScenarios } from './scenarios/records.ts';
import { restartScenarios } from './scenarios/restart.ts';
import { securityScenarios } from './scenarios/security.ts';
import { topicScenarios } from './scenarios/topics.ts';
import { transactionScenarios } from './scenarios/transactions.ts';
import type { Stage } from './stage.ts';

/** How each feature is tried. Written once, in terms of operations, for all clients. */
export const SCENARIOS: Readonly<Record<Feature, (stage: Stage) => Promise<void>>> = {
  ...topicScenarios,
  ...recordScenarios,
  ...transactionScenarios,
  ...groupScenarios,
  ...offsetScenarios,
  ...adminScenarios,
  ...securityScenarios,
  ...restartScenarios,
};

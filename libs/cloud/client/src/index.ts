export { CloudClient, type CloudClientOptions } from './cloud-client.ts';
export type { MadeKey } from './configuration/actions.ts';
export {
  applyConfiguration,
  type ApplyOptions,
  type ApplyResult,
  type ApplyStep,
} from './configuration/apply.ts';
export { withHold, type HoldOptions } from './configuration/hold.ts';
export type { Pace } from './configuration/patience.ts';
export {
  readAndPlan,
  readEverything,
  type PlannedConfiguration,
} from './configuration/plan-configuration.ts';
export type { ConfigurationWish } from './configuration/scope.ts';

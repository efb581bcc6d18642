import { describeChange } from './platform-settings.ts';
import type { DesiredCluster, ObservedBroker, ObservedCluster } from './world.ts';

/**
 * What is not as wanted although nobody asked for a change since it was: each difference in one
 * phrase. Empty while a change is under way, for then differences are what it is about.
 */
export function driftOf(desired: DesiredCluster, observed: ObservedCluster): readonly string[] {
  if (desired.generation !== desired.settledGeneration) return [];
  const { contents } = observed;
  const changed = contents.kind === 'known' ? contents.changedSettings : [];
  return [
    ...observed.brokers.flatMap((broker) => differencesOf(desired, broker)),
    ...changed.map(describeChange),
  ];
}

/** True when differences are told and left as they are. */
export function isLeftAlone(desired: DesiredCluster): boolean {
  return desired.driftPolicy === 'report' && desired.generation === desired.settledGeneration;
}

function differencesOf(desired: DesiredCluster, broker: ObservedBroker): readonly string[] {
  const { limits, nodeId, settings, state } = broker;
  if (!desired.brokers.some((wanted) => wanted.nodeId === nodeId)) return [];
  const isRunning = state.kind === 'ready';
  const ofLimits =
    limits.kind === 'outdated'
      ? limits.differences.map((difference) => `broker ${nodeId}: ${difference}`)
      : [];
  const ofSettings =
    isRunning && settings === 'outdated'
      ? [`broker ${nodeId} runs with other settings than it should`]
      : [];
  return [...ofLimits, ...ofSettings];
}

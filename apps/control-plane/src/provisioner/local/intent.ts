import { createHash } from 'node:crypto';
import { limitDifferences, type ObservedBroker, type ObservedLimits } from '@weirhouse/cloud-plan';
import type { BrokerPorts, ExpectedBroker } from '../provisioner.ts';
import { readJson, type BrokerFiles } from './layout.ts';
import { readProcessRecord } from './process-record.ts';
import { readLimits } from './readiness.ts';

/**
 * A digest of what a broker was started for. It is taken of what is wanted, not of the file that is
 * made of it, so that a newer control plane restarts no broker because it writes files differently.
 */
export function intentOf(ports: BrokerPorts, zone: string): string {
  const { adminPort, clientPort, host } = ports;
  const text = JSON.stringify({ adminPort, clientPort, host, zone });
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

/** Whether the process on record was started for what is wanted now. */
export function settingsState(
  files: BrokerFiles,
  { ports, wanted }: ExpectedBroker,
): ObservedBroker['settings'] {
  const intent = readProcessRecord(files)?.intent;
  if (intent === undefined || ports === undefined || wanted === undefined) return 'current';
  return intent === intentOf(ports, wanted.zone) ? 'current' : 'outdated';
}

/** Compares what the broker was told, and what it says that it has taken, with what is wanted. */
export function limitsState(
  files: BrokerFiles,
  { wanted }: ExpectedBroker,
  inEffect: unknown,
): ObservedLimits {
  const taken = readLimits(inEffect);
  if (wanted === undefined || taken === undefined) return { kind: 'unknown' };
  const isTaken = limitDifferences(taken, wanted.limits).length === 0;
  const told = readLimits(readJson(files.limits)) ?? {};
  const faults = limitDifferences(told, wanted.limits);
  if (faults.length > 0) return { kind: 'outdated', differences: faults };
  return { kind: isTaken ? 'current' : 'pending' };
}

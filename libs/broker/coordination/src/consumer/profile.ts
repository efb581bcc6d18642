import { compare } from '../assignors/assignor.ts';
import { RECORD_OVERHEAD_BYTES } from '../limits.ts';
import type { ConsumerProfile } from './consumer-member.ts';

/** What the lengths of an entry take at most, in bytes. */
const LENGTH_BYTES_MAX = 8;

/** Names without repeats, in an order that compares. */
export function sortedNames(names: readonly string[]): readonly string[] {
  return [...new Set(names)].toSorted(compare);
}

/** True when both ask for the same topics and patterns. */
export function isSameSubscription(one: ConsumerProfile, other: ConsumerProfile): boolean {
  if (one.topicPattern !== other.topicPattern) return false;
  if (one.topicNames === other.topicNames) return true;
  if (one.topicNames.length !== other.topicNames.length) return false;
  const names = new Set(other.topicNames);
  return one.topicNames.every((name) => names.has(name));
}

/** True when nothing that is kept of the member differs. */
export function isSameProfile(one: ConsumerProfile, other: ConsumerProfile): boolean {
  return (
    one.instanceId === other.instanceId &&
    one.rackId === other.rackId &&
    one.clientId === other.clientId &&
    one.clientHost === other.clientHost &&
    one.rebalanceTimeoutMs === other.rebalanceTimeoutMs &&
    one.serverAssignor === other.serverAssignor &&
    isSameSubscription(one, other) &&
    isSameClassic(one.classic, other.classic)
  );
}

function isSameClassic(
  one: ConsumerProfile['classic'],
  other: ConsumerProfile['classic'],
): boolean {
  if (one === null || other === null) return one === other;
  if (one.sessionTimeoutMs !== other.sessionTimeoutMs) return false;
  if (one.protocols.length !== other.protocols.length) return false;
  return one.protocols.every(({ metadata, name }, index) => {
    const theirs = other.protocols[index];
    return theirs !== undefined && theirs.name === name && theirs.metadata.equals(metadata);
  });
}

/** True when no record can hold what the member says: the log would refuse it for all. */
export function isTooLarge(profile: ConsumerProfile, batchBytesMax: number): boolean {
  const { classic, topicNames, topicPattern } = profile;
  let bytes = RECORD_OVERHEAD_BYTES + Buffer.byteLength(topicPattern);
  for (const name of topicNames) bytes += Buffer.byteLength(name) + LENGTH_BYTES_MAX;
  for (const { metadata, name } of classic?.protocols ?? [])
    bytes += Buffer.byteLength(name) + metadata.length + LENGTH_BYTES_MAX;
  for (const text of [profile.instanceId, profile.rackId, profile.clientId, profile.clientHost])
    bytes += Buffer.byteLength(text ?? '');
  return bytes > batchBytesMax;
}

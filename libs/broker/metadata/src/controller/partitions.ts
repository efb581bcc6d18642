import { KafkaError } from '@weirhouse/kafka-protocol';
import { type Uuid, ZERO_UUID } from '@weirhouse/shared-kernel';
import { isActive } from '../image/brokers-image.ts';
import type { MetadataImage } from '../image/metadata-image.ts';
import { NO_LEADER, type PartitionImage } from '../image/topics-image.ts';
import type { ApiError, ControllerContext } from './controller-types.ts';
import { placeReplicas } from './placement.ts';

/** Replicas of each new partition, or why there are none. */
export type Assignment =
  | { readonly ok: true; readonly replicas: readonly (readonly number[])[] }
  | { readonly ok: false; readonly error: ApiError };

function refuse(errorCode: number, errorMessage: string): Assignment {
  return { ok: false, error: { errorCode, errorMessage } };
}

/** Chooses brokers for new partitions. 38 when there are too few brokers for the factor. */
export function assignReplicas(
  context: ControllerContext,
  count: { readonly partitions: number; readonly replicationFactor: number },
): Assignment {
  const brokers = context.image.brokers.list().map((broker) => ({
    id: broker.id,
    rack: broker.rack,
    active: isActive(broker),
  }));
  const { replicationFactor } = count;
  if (brokers.length < replicationFactor) {
    return refuse(
      KafkaError.INVALID_REPLICATION_FACTOR,
      `Replication factor ${replicationFactor} is larger than the ${brokers.length} registered broker(s).`,
    );
  }
  if (!brokers.some((broker) => broker.active)) {
    return refuse(
      KafkaError.INVALID_REPLICATION_FACTOR,
      'No broker is ready to lead a new partition; try again when one is.',
    );
  }
  return { ok: true, replicas: placeReplicas({ brokers, ...count, random: context.random }) };
}

/**
 * Checks replicas chosen by the client. 39 for unknown or repeated brokers, for lists that differ in
 * length from `replicationFactor` (undefined = from the first list), and when none could lead.
 */
export function checkAssignment(
  image: MetadataImage,
  replicas: readonly (readonly number[])[],
  replicationFactor?: number,
): Assignment {
  const expected = replicationFactor ?? replicas[0]?.length ?? 0;
  for (const [index, brokers] of replicas.entries()) {
    const fault = assignmentFault(image, brokers, expected);
    if (fault !== undefined) {
      const where = `The replicas given for partition ${index} of the assignment`;
      return refuse(KafkaError.INVALID_REPLICA_ASSIGNMENT, `${where} ${fault}.`);
    }
  }
  return { ok: true, replicas };
}

function assignmentFault(
  image: MetadataImage,
  brokers: readonly number[],
  expected: number,
): string | undefined {
  if (brokers.length === 0) return 'are an empty list';
  if (new Set(brokers).size !== brokers.length) return 'name a broker more than once';
  const unknown = brokers.find((id) => image.brokers.find(id) === undefined);
  if (unknown !== undefined) return `name broker ${unknown}, which is not registered`;
  if (brokers.length !== expected) {
    return `are ${brokers.length} where other partitions have ${expected}`;
  }
  if (activeOf(image, brokers).length > 0) return undefined;
  return 'are all on brokers that are fenced or shutting down';
}

/** The brokers of a list that may lead, in its order. */
function activeOf(image: MetadataImage, brokers: readonly number[]): readonly number[] {
  return brokers.filter((id) => image.brokers.isActive(id));
}

/** A partition as it is born: its active replicas are in sync, and the first of them leads. */
export function newPartition(
  image: MetadataImage,
  index: number,
  replicas: readonly number[],
): PartitionImage {
  const isr = activeOf(image, replicas);
  return {
    index,
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    elr: [],
    lastKnownElr: [],
    directories: replicas.map((id) => onlyDirectory(image, id)),
    leader: isr[0] ?? NO_LEADER,
    leaderRecoveryState: 0,
    leaderEpoch: 0,
    partitionEpoch: 0,
  };
}

/** A broker with one log directory leaves no choice; otherwise it assigns one itself (KIP-858). */
export function onlyDirectory(image: MetadataImage, brokerId: number): Uuid {
  const logDirs = image.brokers.find(brokerId)?.logDirs ?? [];
  return logDirs.length === 1 ? (logDirs[0] ?? ZERO_UUID) : ZERO_UUID;
}

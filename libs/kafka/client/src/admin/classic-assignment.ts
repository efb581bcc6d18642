/** A partition that a member has. */
export interface AssignedPartition {
  readonly topic: string;
  readonly partition: number;
}

/**
 * Reads the assignment of a member of a classic consumer group (KIP-62: version, then topics with
 * their partitions). Clients write it; what cannot be read is no assignment.
 */
export function readClassicAssignment(bytes: Buffer): readonly AssignedPartition[] {
  try {
    return readTopics(bytes);
  } catch {
    return [];
  }
}

function readTopics(bytes: Buffer): readonly AssignedPartition[] {
  const assigned: AssignedPartition[] = [];
  if (bytes.length === 0) return assigned;
  // The version's two bytes; later versions only add at the end.
  let at = 2;
  const int32 = (): number => {
    const value = bytes.readInt32BE(at);
    at += 4;
    return value;
  };
  for (let topics = int32(); topics > 0; topics -= 1) {
    const length = bytes.readInt16BE(at);
    at += 2;
    const topic = bytes.toString('utf8', at, at + length);
    at += length;
    for (let partitions = int32(); partitions > 0; partitions -= 1)
      assigned.push({ topic, partition: int32() });
  }
  return assigned;
}

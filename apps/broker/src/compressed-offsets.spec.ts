import { apiCalls, TestTube } from '@weirhouse/broker-core/testing';
import { createCodecs } from '@weirhouse/kafka-codecs';
import { BatchView, buildBatch, Codec, RecordCursor } from '@weirhouse/kafka-protocol';
import { ZERO_UUID } from '@weirhouse/shared-kernel';
import { expect, it } from 'vitest';

const codecs = createCodecs();
const GROUP = 'group';
/** Where the offset stands in the value of a commit, after its version. */
const OFFSET_AT = 2;

function commit(tube: TestTube, offset: number): void {
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: GROUP });
  const committed = { partitionIndex: 0, committedOffset: offset, committedLeaderEpoch: 0 };
  const partitions = [{ ...committed, committedMetadata: null }];
  const topics = [{ name: 't', topicId: ZERO_UUID, partitions }];
  const answer = client.call(apiCalls.offsetCommit, 8, { groupId: GROUP, topics });
  expect(answer.topics[0]?.partitions[0]?.errorCode).toBe(0);
}

function committed(tube: TestTube): number | undefined {
  const topics = [{ name: 't', partitionIndexes: [0] }];
  const answer = tube.connect().call(apiCalls.offsetFetch, 7, { groupId: GROUP, topics });
  return answer.topics[0]?.partitions[0]?.committedOffset;
}

/** The last commit of the group's partition, with another offset, as a compressed batch behind it. */
function appendCompressed(tube: TestTube, codec: Codec, offset: number): void {
  const found = tube.broker.services.groups.partitionOf(GROUP);
  if (typeof found === 'number') throw new Error(`no partition: ${found}`);
  const { log } = found;
  const request = { offset: 0, maxBytes: 1 << 20, endOffset: log.endOffset, atLeastOneBatch: true };
  log.read(request, (outcome) => {
    if (!outcome.ok) throw new Error(`unreadable: ${outcome.errorCode}`);
    const batch = new BatchView().reset(Buffer.concat(outcome.slices), 0);
    const cursor = new RecordCursor().reset(batch, log.recordsOf(batch));
    cursor.next();
    const value = Buffer.from(cursor.value ?? []);
    value.writeBigInt64BE(BigInt(offset), OFFSET_AT);
    const records = [{ key: Buffer.from(cursor.key ?? []), value, timestamp: batch.maxTimestamp }];
    const nowMs = tube.time.wallMs();
    const compressed = buildBatch({ compress: { codec, codecs }, records });
    const appended = log.append(compressed, { leaderEpoch: 0, nowMs, origin: 'coordinator' });
    expect(appended.ok).toBe(true);
    outcome.release();
  });
  tube.broker.services.appended();
  tube.settle();
}

it.each([
  ['gzip', Codec.GZIP],
  ['snappy', Codec.SNAPPY],
  ['lz4', Codec.LZ4],
  ['zstd', Codec.ZSTD],
] as const)('offsets that were written as %s are loaded', (_, codec) => {
  const tube = new TestTube({ codecs });
  tube.createTopic('t');
  commit(tube, 5);
  appendCompressed(tube, codec, 42);
  tube.restart();
  expect(committed(tube)).toBe(42);
  commit(tube, 43);
  tube.crash('power');
  expect(committed(tube)).toBe(43);
});

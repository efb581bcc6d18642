import { describe, expect, it } from 'vitest';

import { ZERO_UUID } from '@weirhouse/shared-kernel';

import { apiCalls } from '../testing/api-calls.ts';
import { TransactionalClient } from '../testing/test-transactions.ts';
import { TestTube } from '../testing/test-tube.ts';
import { transactionCalls } from '../testing/transaction-calls.ts';

const FOLDERS = ['__consumer_offsets-0', '__transaction_state-0'];
const IDS = ['tx-1', 'tx-2'];
const ROUNDS = 60;
const COMPACTION_MS = 30_000;
/** The transaction that stays open must not time out meanwhile. */
const TRANSACTION_MS = 600_000;

/** A broker whose internal topics have many small segments, which compaction finds soon. */
function aTube(): TestTube {
  const tube = new TestTube({
    settings: {
      'offsets.topic.num.partitions': '1',
      'transaction.state.log.num.partitions': '1',
      'log.cleaner.min.cleanable.ratio': '0.01',
      'log.cleaner.backoff.ms': '1000',
    },
  });
  tube.createTopic('t', { partitions: 2 });
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 2, { key: 'plain', keyType: 0 });
  client.call(apiCalls.findCoordinator, 2, { key: 'tx-1', keyType: 1 });
  const configs = [{ name: 'internal.segment.bytes', configOperation: 0, value: '2000' }];
  const { responses } = client.call(apiCalls.incrementalAlterConfigs, 1, {
    resources: ['__consumer_offsets', '__transaction_state'].map((resourceName) => ({
      resourceType: 2,
      resourceName,
      configs,
    })),
  });
  expect(responses.map(({ errorCode }) => errorCode)).toEqual([0, 0]);
  return tube;
}

function commit(tube: TestTube, groupId: string, committedOffset: number): void {
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: groupId });
  const partition = {
    partitionIndex: 0,
    committedOffset,
    committedLeaderEpoch: -1,
    committedMetadata: 'm',
  };
  const { topics } = client.call(apiCalls.offsetCommit, 5, {
    groupId,
    generationIdOrMemberEpoch: -1,
    topics: [{ name: 't', topicId: ZERO_UUID, partitions: [partition] }],
  });
  expect(topics[0]?.partitions[0]?.errorCode).toBe(0);
  client.disconnect();
}

/** Groups with offsets, one of them deleted, transactions that committed, aborted and are open. */
function fill(tube: TestTube): void {
  const producers = IDS.map((transactionalId) =>
    new TransactionalClient(tube, { transactionalId }).init(TRANSACTION_MS),
  );
  for (let round = 1; round <= ROUNDS; round += 1) {
    commit(tube, 'plain', round);
    commit(tube, 'short-lived', round);
    for (const [place, producer] of producers.entries()) {
      expect(producer.send(`round ${round}`)).toBe(0);
      expect(producer.commitOffset(round, { partitionIndex: place })).toBe(0);
      const staysOpen = round === ROUNDS && place > 0;
      expect(staysOpen ? 0 : producer.end(round % 3 > 0)).toBe(0);
      tube.settle();
    }
  }
  const client = tube.connect();
  const { results } = client.call(apiCalls.deleteGroups, 1, { groupsNames: ['short-lived'] });
  expect(results[0]?.errorCode).toBe(0);
}

/** What clients see of the state that internal topics keep. */
function look(tube: TestTube): unknown {
  const client = tube.connect();
  client.call(apiCalls.findCoordinator, 1, { key: 'plain' });
  client.call(apiCalls.findCoordinator, 2, { key: IDS[0] as string, keyType: 1 });
  tube.settle();
  const offsets = ['plain', 'short-lived', 'group'].map((groupId) =>
    client
      .call(apiCalls.offsetFetch, 5, {
        groupId,
        topics: [{ name: 't', partitionIndexes: [0, 1] }],
      })
      .topics.map(({ partitions }) => partitions.map(({ committedOffset }) => committedOffset)),
  );
  const { transactionStates } = client.call(transactionCalls.describeTransactions, 0, {
    transactionalIds: IDS,
  });
  const transactions = transactionStates.map(
    ({ errorCode, producerEpoch, producerId, topics, transactionState }) => ({
      errorCode,
      producerEpoch,
      producerId: String(producerId),
      topics: topics.map(({ topic }) => topic).toSorted(),
      transactionState,
    }),
  );
  return { offsets, transactions };
}

function sizeOf(tube: TestTube, folder: string): number {
  const logs = tube.disk.list(folder).filter((name) => name.endsWith('.log'));
  return logs.reduce((sum, name) => sum + tube.disk.sizeOf(`${folder}/${name}`), 0);
}

describe('Compacted internal topics', () => {
  it.each(['in order', 'kill', 'power'] as const)('load as they were (%s)', (how) => {
    const tube = aTube();
    fill(tube);
    const before = look(tube);
    expect(before).toMatchObject({
      transactions: [{ transactionState: 'CompleteAbort' }, { transactionState: 'Ongoing' }],
    });
    const sizes = FOLDERS.map((folder) => sizeOf(tube, folder));
    tube.advance(COMPACTION_MS);
    for (const [place, folder] of FOLDERS.entries())
      expect(sizeOf(tube, folder)).toBeLessThan((sizes[place] as number) / 3);
    expect(look(tube)).toEqual(before);
    if (how === 'in order') tube.restart();
    else tube.crash(how);
    expect(look(tube)).toEqual(before);
    expect(tube.problems).toEqual([]);
  });
});

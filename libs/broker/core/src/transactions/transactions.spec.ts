import { describe, expect, it } from 'vitest';

import { buildBatch, KafkaError } from '@weirhouse/kafka-protocol';

import { apiCalls } from '../testing/api-calls.ts';
import { fetchRequest, produceRequest, record } from '../testing/requests.ts';
import { stableOffset, TransactionalClient, type Speech } from '../testing/test-transactions.ts';
import { TestTube } from '../testing/test-tube.ts';
import { transactionCalls } from '../testing/transaction-calls.ts';

const SPEECHES: readonly Speech[] = ['plain', 'abortable', 'bumping'];

function arrange(speech: Speech = 'bumping', settings: Readonly<Record<string, string>> = {}) {
  const tube = new TestTube({ settings });
  tube.createTopic('t', { partitions: 3 });
  return { tube, producer: new TransactionalClient(tube, { speech }).init() };
}

/** Values in the log of t-0, and whether a reader that wants committed records only gets them. */
function values(tube: TestTube): string {
  const request = fetchRequest('t', { isolationLevel: 1 });
  const response = tube.connect().call(apiCalls.fetch, 11, request);
  const records = response.responses[0]?.partitions[0]?.records;
  return Buffer.isBuffer(records) ? records.toString('latin1') : '';
}

describe('transactions', () => {
  it.each(SPEECHES)('commit over several partitions (%s)', (speech) => {
    const { producer, tube } = arrange(speech);
    for (const text of ['one', 'two']) {
      expect([producer.send(text), producer.send(text, 't', 1)]).toEqual([0, 0]);
      expect(producer.state()).toBe('Ongoing');
      expect(stableOffset(tube)).toBe(text === 'one' ? 0 : 2);
      expect(producer.end(true)).toBe(0);
      expect(producer.state()).toBe('CompleteCommit');
    }
    expect(stableOffset(tube)).toBe(4);
    expect(values(tube)).toContain('two');
  });

  it.each(SPEECHES)('abort, and go on with the next (%s)', (speech) => {
    const { producer, tube } = arrange(speech);
    producer.send('gone');
    expect(producer.end(false)).toBe(0);
    expect(producer.state()).toBe('CompleteAbort');
    expect(stableOffset(tube)).toBe(2);
    expect([producer.send('kept'), producer.end(true)]).toEqual([0, 0]);
    expect(stableOffset(tube)).toBe(4);
  });

  it.each(SPEECHES)(
    'a second producer of the id ends what the first left, and fences it (%s)',
    (speech) => {
      const { producer, tube } = arrange(speech);
      producer.send('left');
      const successor = new TransactionalClient(tube, { speech }).init();
      expect(successor.producerId).toBe(producer.producerId);
      expect(producer.produce('late')).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
      expect(producer.end(true)).toBe(KafkaError.PRODUCER_FENCED);
      expect(stableOffset(tube)).toBe(2);
      expect([successor.send('mine'), successor.end(true)]).toEqual([0, 0]);
    },
  );

  it('the next one begins at once although the markers of the last are on their way', () => {
    const { producer, tube } = arrange();
    producer.send('one');
    const end = producer.client.send(transactionCalls.endTxn, 5, {
      transactionalId: 'tx',
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      committed: true,
    });
    const { producerId, producerEpoch } = producer;
    const records = buildBatch({
      records: [record('two')],
      producerId,
      producerEpoch: producerEpoch + 1,
      baseSequence: 0,
      isTransactional: true,
    });
    const request = produceRequest('t', { transactionalId: 'tx', records });
    const next = producer.client.send(apiCalls.produce, 12, request);
    tube.settle();
    expect(end.response()).toMatchObject({ errorCode: 0, producerEpoch: producerEpoch + 1 });
    expect(next.response().responses[0]?.partitionResponses[0]?.errorCode).toBe(0);
  });

  it('batches of one connection keep their order while the first asks the coordinator', () => {
    const { producer, tube } = arrange();
    const { producerEpoch, producerId } = producer;
    const exchanges = [0, 1, 2].map((baseSequence) => {
      const records = buildBatch({
        records: [record(`v${baseSequence}`)],
        producerId,
        producerEpoch,
        baseSequence,
        isTransactional: true,
      });
      const request = produceRequest('t', { transactionalId: 'tx', records });
      return producer.client.send(apiCalls.produce, 12, request);
    });
    tube.settle();
    const answers = exchanges.map((each) => each.response().responses[0]?.partitionResponses[0]);
    expect(answers.map((answer) => answer?.errorCode)).toEqual([0, 0, 0]);
    expect(answers.map((answer) => answer?.baseOffset)).toEqual([0, 1, 2]);
  });

  it.each<[Speech, number]>([
    ['plain', KafkaError.INVALID_TXN_STATE],
    ['abortable', KafkaError.TRANSACTION_ABORTABLE],
  ])('data for a partition that was not added is refused (%s)', (speech, errorCode) => {
    const { producer } = arrange(speech);
    producer.send('there');
    expect(producer.produce('elsewhere', 't', 1)).toBe(errorCode);
    expect(producer.end(true)).toBe(0);
    // Late data after the end must not open a transaction that nobody ends.
    expect(producer.produce('late')).toBe(errorCode);
  });

  it('without verification data is taken as it comes, except of clients that add with it', () => {
    const settings = { 'transaction.partition.verification.enable': 'false' };
    const { producer } = arrange('plain', settings);
    expect(producer.produce('unasked', 't', 1)).toBe(0);
    expect(arrange('bumping', settings).producer.send('x')).toBe(0);
  });

  it.each(SPEECHES)('is aborted when it is open for its timeout (%s)', (speech) => {
    const { producer, tube } = arrange(speech);
    producer.send('slow');
    tube.advance(59_000);
    expect(producer.state()).toBe('Ongoing');
    tube.advance(1_500);
    expect(producer.state()).toBe('CompleteAbort');
    expect(stableOffset(tube)).toBe(2);
    expect(producer.end(true)).not.toBe(0);
  });

  it.each(['kill', 'power', 'order'] as const)('goes on after a restart (%s)', (kind) => {
    const { producer, tube } = arrange();
    producer.send('before');
    if (kind === 'order') tube.restart();
    else tube.crash(kind);
    const again = new TransactionalClient(tube);
    Object.assign(again, { producerId: producer.producerId, producerEpoch: 0 });
    expect(again.state()).toBe('Ongoing');
    expect(again.end(true)).toBe(0);
    expect([again.state(), stableOffset(tube)]).toEqual(['CompleteCommit', 2]);
  });

  it.each(['kill', 'power'] as const)('a decision that is durable is carried out (%s)', (kind) => {
    const { producer, tube } = arrange();
    producer.send('decided');
    const end = producer.client.send(transactionCalls.endTxn, 5, {
      transactionalId: 'tx',
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch,
      committed: true,
    });
    while (!end.isAnswered) {
      tube.endTurn();
      tube.disk.completeOne();
    }
    tube.crash(kind);
    expect(new TransactionalClient(tube).state()).toBe('CompleteCommit');
    expect(stableOffset(tube)).toBe(2);
  });

  it('ends although a topic of it is deleted', () => {
    const { producer, tube } = arrange();
    tube.createTopic('other');
    producer.send('kept');
    producer.send('lost', 'other');
    const client = tube.connect();
    client.call(apiCalls.deleteTopics, 3, { topicNames: ['other'], timeoutMs: 1_000 });
    expect(producer.end(true)).toBe(0);
    expect([producer.state(), stableOffset(tube)]).toEqual(['CompleteCommit', 2]);
  });

  it('one partition that cannot be added keeps the others out', () => {
    const { producer } = arrange('plain');
    const response = producer.client.call(transactionCalls.addPartitionsToTxn, 3, {
      v3AndBelowTransactionalId: 'tx',
      v3AndBelowProducerId: producer.producerId,
      v3AndBelowProducerEpoch: producer.producerEpoch,
      v3AndBelowTopics: [
        { name: 't', partitions: [0, 9] },
        { name: 'missing', partitions: [0] },
      ],
    });
    const codes = response.resultsByTopicV3AndBelow.flatMap(({ resultsByPartition }) =>
      resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    );
    expect(codes).toEqual([
      KafkaError.OPERATION_NOT_ATTEMPTED,
      KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
      KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
    ]);
    expect(producer.state()).toBe('Empty');
  });

  it('brokers verify several transactions at once', () => {
    const { producer, tube } = arrange('plain');
    producer.add();
    const { producerEpoch, producerId } = producer;
    const topics = [{ name: 't', partitions: [0, 1] }];
    const transaction = { transactionalId: 'tx', producerId, producerEpoch, topics };
    const response = tube.connect().call(transactionCalls.addPartitionsToTxn, 5, {
      transactions: [
        { ...transaction, verifyOnly: true },
        { ...transaction, transactionalId: 'nobody', verifyOnly: true },
      ],
    });
    const codes = response.resultsByTransaction.map(({ topicResults }) =>
      topicResults[0]?.resultsByPartition.map(({ partitionErrorCode }) => partitionErrorCode),
    );
    const unmapped = KafkaError.INVALID_PRODUCER_ID_MAPPING;
    expect(codes).toEqual([
      [0, KafkaError.TRANSACTION_ABORTABLE],
      [unmapped, unmapped],
    ]);
  });

  it('one request is one producer', () => {
    const { producer, tube } = arrange();
    const partitionData = [0, 1].map((index) => ({
      index,
      records: buildBatch({
        records: [record('v')],
        producerId: producer.producerId + index,
        producerEpoch: 0,
        baseSequence: 0,
        isTransactional: true,
      }),
    }));
    const topicData = [{ name: 't', topicId: 'AAAAAAAAAAAAAAAAAAAAAA', partitionData }];
    const request = produceRequest('t', { topicData, transactionalId: 'tx' });
    const response = tube.connect().call(apiCalls.produce, 12, request);
    const codes = response.responses[0]?.partitionResponses.map(({ errorCode }) => errorCode);
    expect(codes).toEqual([49, 49]);
  });

  it.each([1, 2])('an administrator ends a transaction by hand (version %i)', (version) => {
    const { producer, tube } = arrange('plain');
    producer.send('hanging');
    const topics = [
      { name: 't', partitionIndexes: [0, 9] },
      { name: 'missing', partitionIndexes: [0] },
    ];
    const response = tube.connect().call(transactionCalls.writeTxnMarkers, version, {
      markers: [
        {
          producerId: producer.producerId,
          producerEpoch: producer.producerEpoch,
          transactionResult: false,
          coordinatorEpoch: 0,
          transactionVersion: 0,
          topics,
        },
      ],
    });
    const codes = response.markers[0]?.topics.flatMap(({ partitions }) =>
      partitions.map(({ errorCode }) => errorCode),
    );
    expect(codes).toEqual([0, 3, 3]);
    expect(stableOffset(tube)).toBe(2);
  });

  it('a marker that a partition refuses for good is not sent again, and somebody is told', () => {
    const { producer, tube } = arrange('plain');
    producer.send('decided');
    const { image, partitions } = tube.broker.services;
    const topic = image.topics.find('t');
    const found = topic === undefined ? undefined : partitions.lookUp(topic, 0);
    if (found?.ok !== true) throw new Error('t-0 is open');
    const { log } = found.partition;
    log.appendMarker({
      producerId: producer.producerId,
      producerEpoch: producer.producerEpoch + 5,
      coordinatorEpoch: 0,
      leaderEpoch: 0,
      transactionVersion: 0,
      commit: false,
      nowMs: tube.time.wallMs(),
    });
    producer.end(true);
    const told = () => tube.problems.filter(({ message }) => message.includes('refused for good'));
    expect(told()).toEqual([
      expect.objectContaining({
        fields: expect.objectContaining({ refused: ['t-0 INVALID_PRODUCER_EPOCH'] }),
      }),
    ]);
    const { endOffset } = log;
    tube.advance(120_000);
    expect([told().length, log.endOffset, producer.state()]).toEqual([
      1,
      endOffset,
      'PrepareCommit',
    ]);
    tube.restart();
    expect(told()).toHaveLength(2);
  });

  it('lists by state, producer, age and pattern', () => {
    const { producer, tube } = arrange();
    new TransactionalClient(tube, { transactionalId: 'idle' }).init();
    producer.send('open');
    tube.advance(5_000);
    const list = (version: number, filters: object) => {
      const response = tube.connect().call(transactionCalls.listTransactions, version, filters);
      const ids = response.transactionStates.map(({ transactionalId }) => transactionalId);
      return [response.errorCode, ids.toSorted(), response.unknownStateFilters];
    };
    expect(list(0, {})).toEqual([0, ['idle', 'tx'], []]);
    expect(list(0, { stateFilters: ['Ongoing', 'Odd'] })).toEqual([0, ['tx'], ['Odd']]);
    expect(list(0, { producerIdFilters: [producer.producerId] })).toEqual([0, ['tx'], []]);
    expect(list(1, { durationFilter: 4_000 })).toEqual([0, ['tx'], []]);
    expect(list(1, { durationFilter: 6_000 })).toEqual([0, [], []]);
    expect(list(2, { transactionalIdPattern: 'id.*' })).toEqual([0, ['idle'], []]);
    expect(list(2, { transactionalIdPattern: '' })).toEqual([0, ['idle', 'tx'], []]);
    expect(list(2, { transactionalIdPattern: '(' })).toEqual([128, [], []]);
  });

  it('describes with what may be seen', () => {
    const { producer, tube } = arrange();
    producer.send('open', 't', 2);
    const { transactionStates } = tube
      .connect()
      .call(transactionCalls.describeTransactions, 0, { transactionalIds: ['tx', 'nobody'] });
    expect(transactionStates[0]).toMatchObject({
      errorCode: 0,
      transactionState: 'Ongoing',
      transactionTimeoutMs: 60_000,
      transactionStartTimeMs: tube.time.wallMs(),
      producerId: producer.producerId,
      topics: [{ topic: 't', partitions: [2] }],
    });
    expect(transactionStates[1]?.errorCode).toBe(KafkaError.TRANSACTIONAL_ID_NOT_FOUND);
  });

  it('refuses timeouts above the limit and ids without a coordinator', () => {
    const client = new TestTube().connect();
    const init = (transactionTimeoutMs: number) =>
      client.call(apiCalls.initProducerId, 4, { transactionalId: 'tx', transactionTimeoutMs })
        .errorCode;
    expect(init(1_000)).toBe(KafkaError.NOT_COORDINATOR);
    client.call(apiCalls.findCoordinator, 2, { key: 'tx', keyType: 1 });
    expect(init(900_001)).toBe(KafkaError.INVALID_TRANSACTION_TIMEOUT);
    expect(init(1_000)).toBe(0);
  });

  it('unused transactional ids are forgotten after their time, also over a restart', () => {
    const { tube } = arrange('bumping', { 'transactional.id.expiration.ms': '7200000' });
    tube.advance(3_600_000);
    expect(tube.broker.status().transactions.transactionalIds).toBe(1);
    tube.advance(7_200_000);
    expect(tube.broker.status().transactions.transactionalIds).toBe(0);
    tube.restart();
    expect(tube.broker.status().transactions.transactionalIds).toBe(0);
  });
});

import { BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { writeEntry } from './segment/aborted-index.ts';
import { seededRandom } from './testing/memory-disk.ts';
import { TestProducer } from './testing/test-producer.ts';
import { aBatch, appendClient, NOW_MS, readBytes, TestVolume } from './testing/test-volume.ts';

const CLIENT = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'client' } as const;

describe('the last stable offset', () => {
  it('stays at the first open transaction, through a restart too', () => {
    const volume = new TestVolume();
    const log = volume.log();
    appendClient(log, aBatch(['plain']));
    new TestProducer(4).send(log, ['open']);
    appendClient(log, aBatch(['plain']));
    volume.flush();
    log.highWatermark = 3;
    expect(log.lastStableOffset).toBe(1);
    volume.restart();
    expect(volume.log().lastStableOffset).toBe(1);
  });

  it('moves over a transaction when its marker is below the high watermark', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const producer = new TestProducer(4);
    producer.send(log, ['a', 'b']);
    expect(producer.end(log, true)).toMatchObject({ ok: true, baseOffset: 2 });
    log.highWatermark = 2;
    expect(log.lastStableOffset).toBe(0);
    log.highWatermark = 3;
    expect(log.lastStableOffset).toBe(3);
  });

  it('waits for the oldest of several transactions, whatever the order of their markers', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const [one, other] = [new TestProducer(1), new TestProducer(2)];
    one.send(log, ['0']);
    other.send(log, ['1']);
    other.end(log, true);
    log.highWatermark = 3;
    expect(log.lastStableOffset).toBe(0);
    one.end(log, false);
    expect(log.lastStableOffset).toBe(0);
    log.highWatermark = 4;
    expect(log.lastStableOffset).toBe(4);
  });

  it('knows after a truncation which markers are not committed', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const producer = new TestProducer(1);
    appendClient(log, aBatch(['plain']));
    volume.flush();
    log.highWatermark = 1;
    producer.send(log, ['1']);
    producer.end(log, true);
    volume.restart();
    const reopened = volume.log();
    producer.send(reopened, ['3']);
    producer.end(reopened, true);
    appendClient(reopened, aBatch(['5']));
    expect(reopened.highWatermark).toBe(3);
    reopened.truncateTo(5);
    expect(reopened.lastStableOffset).toBe(3);
    reopened.highWatermark = 5;
    expect(reopened.lastStableOffset).toBe(5);
  });

  it('looks for them behind the high watermark when a newer snapshot is there', () => {
    const volume = new TestVolume();
    const log = volume.log({ segmentBytes: 200 });
    const producer = new TestProducer(1);
    appendClient(log, aBatch(['plain']));
    log.highWatermark = 1;
    producer.send(log, ['1']);
    producer.end(log, true);
    for (const value of ['3', '4', '5', '6']) appendClient(log, aBatch([value]));
    volume.flush();
    log.truncateTo(5);
    expect(log.lastStableOffset).toBe(1);
    log.highWatermark = 3;
    expect(log.lastStableOffset).toBe(3);
  });

  it('is never below the start of the log', () => {
    const volume = new TestVolume();
    const log = volume.log();
    new TestProducer(1).send(log, ['0', '1', '2']);
    log.highWatermark = 3;
    log.deleteRecordsBefore(2);
    expect(log.lastStableOffset).toBe(2);
  });
});

describe('a marker', () => {
  it('is a control batch of its producer with the coordinator’s epoch and time', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const producer = new TestProducer(9);
    producer.coordinatorEpoch = 6;
    producer.send(log, ['a']);
    producer.end(log, false);
    const view = new BatchView().reset(readBytes(log, 1));
    expect(view.isControl && view.isTransactional && view.isCrcValid()).toBe(true);
    expect([view.producerId, view.producerEpoch, view.maxTimestamp]).toEqual([9, 0, NOW_MS]);
  });

  it('is refused to an older epoch of its producer', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9);
    producer.epoch = 5;
    producer.send(log, ['a']);
    expect(producer.end(log, false, 4)).toMatchObject({
      ok: false,
      errorCode: KafkaError.INVALID_PRODUCER_EPOCH,
    });
    expect(log.endOffset).toBe(1);
    expect(producer.end(log, false, 6)).toMatchObject({ ok: true });
  });

  it('raises the epoch where each transaction has its own, and may be repeated', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9, true);
    producer.epoch = 5;
    producer.send(log, ['a']);
    expect(producer.end(log, true, 5)).toMatchObject({
      errorCode: KafkaError.INVALID_PRODUCER_EPOCH,
    });
    expect(producer.end(log, true)).toMatchObject({ ok: true, baseOffset: 1 });
    expect(producer.end(log, true, 6)).toMatchObject({ ok: true, baseOffset: 2 });
    expect(producer.send(log, ['b'])).toMatchObject({ ok: true, baseOffset: 3 });
    expect(producer.end(log, true, 6)).toMatchObject({
      errorCode: KafkaError.INVALID_PRODUCER_EPOCH,
    });
  });

  it('may end a transaction in the last epoch there is', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9, true);
    producer.epoch = 32_767;
    producer.send(log, ['a']);
    expect(producer.end(log, true, 32_767)).toMatchObject({ ok: true });
  });

  it('is refused to an older coordinator', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9);
    producer.coordinatorEpoch = 3;
    producer.send(log, ['a']);
    producer.end(log, true);
    producer.send(log, ['b']);
    producer.coordinatorEpoch = 2;
    expect(producer.end(log, true)).toMatchObject({
      ok: false,
      errorCode: KafkaError.TRANSACTION_COORDINATOR_FENCED,
    });
    producer.coordinatorEpoch = 4;
    expect(producer.end(log, true)).toMatchObject({ ok: true });
  });

  it('is taken for a producer that wrote nothing here, and fences its older epochs', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9);
    expect(producer.end(log, false, 3)).toMatchObject({ ok: true });
    producer.epoch = 2;
    expect(producer.verify(log)).toBeUndefined();
    expect(producer.send(log, ['zombie'])).toMatchObject({
      errorCode: KafkaError.INVALID_PRODUCER_EPOCH,
    });
  });

  it('of a client is refused', () => {
    const log = new TestVolume().log();
    const batch = aBatch(['x'], { producerId: 1, producerEpoch: 0, isControl: true });
    expect(log.append(batch, CLIENT)).toMatchObject({ errorCode: KafkaError.INVALID_RECORD });
  });
});

describe('a transaction', () => {
  it('does not begin with a guard from before a marker', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9);
    const verification = producer.verify(log);
    producer.end(log, false);
    const late = { ...CLIENT, verification };
    expect(log.append(producer.batch(['a']), late)).toMatchObject({
      errorCode: KafkaError.INVALID_TXN_STATE,
    });
    expect(producer.send(log, ['a'])).toMatchObject({ ok: true });
  });

  it('needs no second verification while it is open, and one after its end', () => {
    const log = new TestVolume().log();
    const producer = new TestProducer(9);
    producer.send(log, ['a']);
    expect(log.hasOpenTransaction(9, 0)).toBe(true);
    expect(producer.verify(log)).toBeUndefined();
    expect(log.append(producer.batch(['b']), CLIENT)).toMatchObject({ ok: true });
    producer.end(log, true);
    expect(log.hasOpenTransaction(9, 0)).toBe(false);
    expect(producer.verify(log)).toBeDefined();
  });

  it('begins unverified where verification is switched off, but is told to its coordinator', () => {
    const log = new TestVolume().log({ verifiesTransactions: false });
    const producer = new TestProducer(9);
    expect(producer.verify(log)).toBeUndefined();
    expect(log.append(producer.batch(['a']), CLIENT)).toMatchObject({ ok: true });
    expect(new TestProducer(10, true).verify(log)).toBeDefined();
  });

  it('keeps its producer from expiring', () => {
    const log = new TestVolume().log();
    const [open, done] = [new TestProducer(1), new TestProducer(2)];
    open.send(log, ['a']);
    done.send(log, ['b']);
    done.end(log, true);
    expect(log.expireProducers(NOW_MS + 1)).toBe(1);
    expect(log.hasOpenTransaction(1, 0)).toBe(true);
  });
});

describe('aborted transactions', () => {
  const NO_ABORTS = Number.POSITIVE_INFINITY;

  it('are found by every range that they overlap, over segments and after a kill', () => {
    const volume = new TestVolume();
    const log = volume.log({ segmentBytes: 300 });
    const [long, short] = [new TestProducer(1), new TestProducer(2)];
    long.send(log, ['0']);
    short.send(log, ['1']);
    short.end(log, true);
    short.send(log, ['3']);
    short.end(log, false);
    for (const value of ['5', '6', '7', '8']) appendClient(log, aBatch([value]));
    long.end(log, false);
    volume.flush();
    const check = (): void => {
      const opened = volume.log();
      const found = (from: number, to: number) =>
        opened.findAbortedTransactions(from, to)?.map(({ firstOffset }) => firstOffset);
      expect(found(0, 1)).toEqual([0]);
      expect(found(3, 4)).toEqual([3, 0]);
      expect(found(6, 7)).toEqual([0]);
      expect(found(10, NO_ABORTS)).toEqual([]);
      expect(opened.findAbortedTransactions(0, 4)).toEqual([
        { producerId: 2, firstOffset: 3, lastOffset: 4, lastStableOffset: 0 },
        { producerId: 1, firstOffset: 0, lastOffset: 9, lastStableOffset: 10 },
      ]);
    };
    check();
    volume.disk.kill(seededRandom(1));
    volume.reopen();
    check();
    volume.restart();
    check();
  });

  it('go with the segment of their marker', () => {
    const volume = new TestVolume();
    const log = volume.log({ segmentBytes: 300, retentionBytes: 50, fileDeleteDelayMs: 0 });
    const producer = new TestProducer(1);
    producer.send(log, ['0']);
    producer.end(log, false);
    for (const value of ['2', '3', '4', '5', '6', '7']) appendClient(log, aBatch([value]));
    volume.flush();
    log.highWatermark = log.endOffset;
    volume.restart();
    const indexes = () => volume.disk.list('events-0').filter((name) => name.includes('.txnindex'));
    expect(indexes()).toEqual(['00000000000000000000.txnindex']);
    const reopened = volume.log({ segmentBytes: 300, retentionBytes: 50, fileDeleteDelayMs: 0 });
    for (let pass = 0; pass < 3; pass += 1) {
      volume.store.applyRetention(NOW_MS + pass, () => undefined);
      volume.disk.completeAll();
    }
    expect(reopened.startOffset).toBeGreaterThan(1);
    expect(indexes()).toEqual([]);
  });

  it('of a marker that the log does not have are forgotten', () => {
    const volume = new TestVolume();
    const log = volume.log();
    const producer = new TestProducer(1);
    producer.send(log, ['0']);
    producer.end(log, false);
    producer.send(log, ['2']);
    volume.restart();
    const path = 'events-0/00000000000000000000.txnindex';
    const entry = Buffer.alloc(34);
    writeEntry(entry, 0, { producerId: 1, firstOffset: 2, lastOffset: 3, lastStableOffset: 4 });
    volume.disk.open(path, 'write').writevSync([entry], volume.disk.sizeOf(path));
    volume.disk.kill(seededRandom(1));
    volume.reopen();
    producer.end(volume.log(), true);
    expect(volume.log().findAbortedTransactions(0, 9)).toHaveLength(1);
  });

  it('are the same on a replica of the log', () => {
    const volume = new TestVolume();
    const [leader, replica] = [volume.log({}, 0), volume.log({}, 1)];
    const [one, other] = [new TestProducer(1), new TestProducer(2, true)];
    for (let round = 0; round < 6; round += 1) {
      one.send(leader, ['a', 'b']);
      other.send(leader, ['c']);
      other.end(leader, round % 2 === 0);
      if (round % 3 === 2) one.end(leader, false);
    }
    one.send(leader, ['open']);
    const batches = readBytes(leader, 0);
    const options = { leaderEpoch: 0, nowMs: NOW_MS, origin: 'replica' } as const;
    expect(replica.append(batches, options)).toMatchObject({ ok: true });
    for (const log of [leader, replica]) log.highWatermark = log.endOffset - 1;
    expect(replica.lastStableOffset).toBe(leader.lastStableOffset);
    expect(replica.listProducers()).toEqual(leader.listProducers());
    expect(replica.findAbortedTransactions(0, NO_ABORTS)).toHaveLength(5);
    expect(replica.findAbortedTransactions(0, NO_ABORTS)).toEqual(
      leader.findAbortedTransactions(0, NO_ABORTS),
    );
  });
});

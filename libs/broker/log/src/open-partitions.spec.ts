import { describe, expect, it } from 'vitest';
import { seededRandom } from './testing/memory-disk.ts';
import { aBatch, appendClient, readBytes, TestVolume, TOPIC_ID } from './testing/test-volume.ts';

const random = seededRandom(1);

describe('files', () => {
  it('have Kafka’s names', () => {
    const volume = new TestVolume();
    const config = { segmentBytes: 300 };
    for (let count = 0; count < 4; count += 1)
      appendClient(volume.log(config), aBatch(['a', 'b']), 3);
    volume.restart();
    const names = volume.disk.list('events-0');
    expect(names).toContain('00000000000000000000.log');
    expect(names).toContain('00000000000000000006.log');
    expect(names).toContain('00000000000000000000.index');
    expect(names).toContain('00000000000000000000.timeindex');
    expect(names).toContain('00000000000000000008.snapshot');
    expect(names).toContain('leader-epoch-checkpoint');
    expect(names).toContain('partition.metadata');
    expect(volume.store.listPartitions()).toEqual([
      { topicId: TOPIC_ID, topicName: 'events', index: 0 },
    ]);
  });

  it('of a partition are gone after its deletion, also when a crash comes between', () => {
    const volume = new TestVolume();
    appendClient(volume.log(), aBatch(['a']));
    appendClient(volume.log({}, 1), aBatch(['b']));
    volume.flush();
    let isDone = false;
    volume.store.deletePartition(TOPIC_ID, 0, (error) => {
      isDone = error === undefined;
    });
    volume.flush();
    expect(isDone).toBe(true);
    expect(volume.store.findPartition(TOPIC_ID, 0)).toBeUndefined();
    volume.disk.cutPower(random);
    volume.reopen();
    expect(volume.store.listPartitions()).toMatchObject([{ index: 1 }]);
    expect(volume.log({}, 1).endOffset).toBe(1);
  });

  it('of an older topic of the same name give way to the new one', () => {
    const volume = new TestVolume();
    for (let count = 0; count < 3; count += 1) appendClient(volume.log(), aBatch(['old']));
    volume.flush();
    volume.store.deletePartition(TOPIC_ID, 0, () => undefined);
    const ref = { topicId: 'AAAAAAAAAAAAAAAAAAAAAg', topicName: 'events', index: 0 };
    const fresh = volume.store.partition(ref, volume.log({}, 1).config);
    appendClient(fresh, aBatch(['new']));
    volume.flush();
    volume.disk.cutPower(random);
    volume.reopen();
    const log = volume.store.partition(ref, volume.log({}, 1).config);
    expect(log.endOffset).toBe(1);
    expect(readBytes(log, 0).includes('new')).toBe(true);
  });
});

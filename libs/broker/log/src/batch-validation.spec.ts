import { BatchView, KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { batchSizeAt, refuseClientBatch, refuseDamaged } from './batch-validation.ts';
import { LOG_CONFIG_DEFAULTS, type LogConfig } from './log-config.ts';
import { aBatch, NOW_MS } from './testing/test-volume.ts';

function errorOf(batch: Buffer, config: Partial<LogConfig> = {}): number | undefined {
  const view = new BatchView().reset(batch, 0);
  const context = {
    config: { ...LOG_CONFIG_DEFAULTS, ...config },
    nowMs: NOW_MS,
    codecs: undefined,
  };
  return (refuseDamaged(view) ?? refuseClientBatch(view, context))?.errorCode;
}

function withTime(timestamp: number): Buffer {
  return aBatch([], { records: [{ key: null, value: Buffer.from('v'), timestamp }] });
}

describe('a client’s batch', () => {
  it('is taken when nothing is wrong with it', () => {
    expect(errorOf(aBatch(['a', 'b']))).toBeUndefined();
    expect(
      errorOf(aBatch(['a'], { producerId: 1, producerEpoch: 0, baseSequence: 0 })),
    ).toBeUndefined();
  });

  it('is refused for a wrong CRC or an old magic', () => {
    const flipped = aBatch(['a']);
    flipped[70] = (flipped[70] ?? 0) ^ 1;
    expect(errorOf(flipped)).toBe(KafkaError.CORRUPT_MESSAGE);
    const old = aBatch(['a']);
    old[16] = 1;
    expect(errorOf(old)).toBe(KafkaError.INVALID_RECORD);
  });

  it('is refused when it is too large', () => {
    const batch = aBatch(['a']);
    const size = batch.length;
    expect(errorOf(batch, { maxMessageBytes: size })).toBeUndefined();
    expect(errorOf(batch, { maxMessageBytes: size - 1 })).toBe(KafkaError.MESSAGE_TOO_LARGE);
    expect(errorOf(batch, { segmentBytes: size - 1 })).toBe(KafkaError.RECORD_LIST_TOO_LARGE);
  });

  it.each([
    ['a base offset', aBatch(['a'], { baseOffset: 1 })],
    ['the control bit', aBatch(['a'], { isControl: true })],
    ['no records', aBatch([])],
    ['a count that is not its offsets', aBatch(['a'], { lastOffsetDelta: 4 })],
    ['a producer id without sequence', aBatch(['a'], { producerId: 3, producerEpoch: 0 })],
  ])('is refused for %s', (_, batch) => {
    expect(errorOf(batch)).toBe(KafkaError.INVALID_RECORD);
  });

  it('is refused for the LogAppendTime bit', () => {
    expect(errorOf(aBatch(['a'], { timestampType: 1 }))).toBe(KafkaError.INVALID_TIMESTAMP);
  });

  it('is refused for times outside the window, unless the topic stamps its own', () => {
    const config = { timestampBeforeMaxMs: 1000, timestampAfterMaxMs: 500 };
    expect(errorOf(withTime(NOW_MS + 500), config)).toBeUndefined();
    expect(errorOf(withTime(NOW_MS + 501), config)).toBe(KafkaError.INVALID_TIMESTAMP);
    expect(errorOf(withTime(NOW_MS - 1000), config)).toBeUndefined();
    expect(errorOf(withTime(NOW_MS - 1001), config)).toBe(KafkaError.INVALID_TIMESTAMP);
    expect(errorOf(withTime(-1), config)).toBeUndefined();
    const stamped = { ...config, timestampType: 'LogAppendTime' } as const;
    expect(errorOf(withTime(NOW_MS + 501), stamped)).toBeUndefined();
  });

  it('is refused without keys on a compacted topic, naming the records', () => {
    const value = Buffer.from('v');
    const records = [
      { key: Buffer.from('k'), value, timestamp: NOW_MS },
      { key: null, value, timestamp: NOW_MS },
    ];
    const view = new BatchView().reset(aBatch([], { records }), 0);
    const config = { ...LOG_CONFIG_DEFAULTS, cleanupPolicy: 'compact' } as const;
    const refusal = refuseClientBatch(view, { config, nowMs: NOW_MS, codecs: undefined });
    expect(refusal?.errorCode).toBe(KafkaError.INVALID_RECORD);
    expect(refusal?.recordErrors?.map((error) => error.batchIndex)).toEqual([1]);
    expect(errorOf(aBatch([], { records }))).toBeUndefined();
  });
});

describe('the size of a batch', () => {
  it('is 0 when the batch is not whole', () => {
    const batch = aBatch(['abc']);
    expect(batchSizeAt(batch, 0)).toBe(batch.length);
    for (let end = 0; end < batch.length; end += 1)
      expect(batchSizeAt(batch.subarray(0, end), 0)).toBe(0);
    batch.writeInt32BE(-1, 8);
    expect(batchSizeAt(batch, 0)).toBe(0);
  });
});

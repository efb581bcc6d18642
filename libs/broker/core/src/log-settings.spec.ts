import { ConfigResolver, MetadataImage } from '@weirhouse/broker-metadata';
import { describe, expect, it } from 'vitest';

import { logConfigOf } from './log-settings.ts';

/** When records of a topic are acknowledged, by the broker's defaults for topics. */
function acknowledged(
  settings: Readonly<Record<string, string>>,
  durability: 'durable' | 'cached' = 'durable',
): string {
  const image = new MetadataImage({ clusterId: 'AAAAAAAAAAAAAAAAAAAAAQ' });
  const values = new Map(Object.entries(settings));
  const configs = new ConfigResolver(image.configs, { brokerId: 1, values });
  const broker = { verifiesTransactions: true, acknowledge: durability };
  return logConfigOf(configs.topicConfig('t'), broker).acknowledge;
}

describe('a topic', () => {
  it('that sets nothing is acknowledged as the broker says', () => {
    expect(acknowledged({})).toBe('durable');
    expect(acknowledged({}, 'cached')).toBe('cached');
  });

  it('with flush.messages=1 or a flush.ms below a second is durable first', () => {
    expect(acknowledged({ 'log.flush.interval.messages': '1' }, 'cached')).toBe('durable');
    expect(acknowledged({ 'log.flush.interval.ms': '999' }, 'cached')).toBe('durable');
  });

  it('with larger values is acknowledged from the page cache', () => {
    expect(acknowledged({ 'log.flush.interval.messages': '10000' })).toBe('cached');
    expect(acknowledged({ 'log.flush.interval.ms': '1000' })).toBe('cached');
  });
});

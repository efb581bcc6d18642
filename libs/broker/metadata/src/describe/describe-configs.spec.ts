import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { ConfigResourceType } from '../configs/resolver.ts';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { describeConfigs } from './describe-configs.ts';

const { TOPIC, BROKER, GROUP } = ConfigResourceType;

interface Question {
  readonly type?: number;
  readonly name?: string;
  readonly keys?: readonly string[] | null;
  readonly all?: boolean;
}

function ask(cluster: SpecCluster, question: Question = {}) {
  const all = question.all ?? true;
  const { image, configs } = cluster.context;
  return describeConfigs(
    { image, configs, includeSynonyms: all, includeDocumentation: all },
    {
      resourceType: question.type ?? TOPIC,
      resourceName: question.name ?? 'orders',
      configurationKeys: question.keys ?? null,
    },
  );
}

function clusterWithOrders(settings: Readonly<Record<string, string>> = {}): SpecCluster {
  const cluster = clusterOf(1, settings);
  cluster.addTopic('orders', { configs: [{ name: 'retention.bytes', value: '77' }] });
  return cluster;
}

describe('describeConfigs', () => {
  it('gives all settings of a topic', () => {
    const result = ask(clusterWithOrders());
    expect(result).toMatchObject({ errorCode: 0, resourceType: TOPIC, resourceName: 'orders' });
    expect(result.configs).toHaveLength(33);
    expect(result.configs.every(({ documentation }) => documentation !== null)).toBe(true);
  });

  it('lists an internal setting only when it was set, as kafka-configs shows of Kafka', () => {
    const cluster = clusterWithOrders();
    const internal = () =>
      ask(cluster).configs.filter(({ name }) => name === 'internal.segment.bytes');
    expect(internal()).toEqual([]);
    const setting = { name: 'internal.segment.bytes', value: '100' };
    const body = { resourceType: TOPIC, resourceName: 'orders', ...setting };
    cluster.commit([{ kind: 'config', body }]);
    expect(internal()).toMatchObject([setting]);
  });

  it('tells an override from a setting of the broker and from a default', () => {
    const cluster = clusterWithOrders({ 'log.segment.bytes': '2097152' });
    const keys = ['retention.bytes', 'segment.bytes', 'cleanup.policy'];
    const { configs } = ask(cluster, { keys });
    expect(configs.map(({ name, value, configSource }) => [name, value, configSource])).toEqual([
      ['retention.bytes', '77', 1],
      ['segment.bytes', '2097152', 4],
      ['cleanup.policy', 'delete', 5],
    ]);
    expect(configs[0]).toMatchObject({
      readOnly: false,
      isSensitive: false,
      configType: 5,
      synonyms: [
        { name: 'retention.bytes', value: '77', source: 1 },
        { name: 'log.retention.bytes', value: '-1', source: 5 },
      ],
    });
  });

  it('leaves out synonyms and documentation that were not asked for', () => {
    const [entry] = ask(clusterWithOrders(), { keys: ['segment.ms'], all: false }).configs;
    expect(entry).toMatchObject({ synonyms: [], documentation: null });
  });

  it('leaves out unknown and repeated keys', () => {
    const { configs } = ask(clusterWithOrders(), { keys: ['segment.ms', 'none', 'segment.ms'] });
    expect(configs.map(({ name }) => name)).toEqual(['segment.ms']);
  });

  it('gives the settings of this broker, most of them read-only', () => {
    const cluster = clusterOf(1, { 'num.partitions': '6' });
    const { configs } = ask(cluster, { type: BROKER, name: '0' });
    const find = (name: string) => configs.find((entry) => entry.name === name);
    expect(find('num.partitions')).toMatchObject({ value: '6', configSource: 4, readOnly: true });
    expect(find('log.retention.ms')).toMatchObject({
      value: null,
      configSource: 5,
      readOnly: false,
    });
  });

  it('gives for all brokers only what was set for all', () => {
    const cluster = clusterOf(1);
    expect(ask(cluster, { type: BROKER, name: '' }).configs).toEqual([]);
    const body = { resourceType: BROKER, resourceName: '', name: 'message.max.bytes', value: '9' };
    cluster.commit([{ kind: 'config', body }]);
    const { configs } = ask(cluster, { type: BROKER, name: '' });
    expect(configs).toMatchObject([{ name: 'message.max.bytes', value: '9', configSource: 3 }]);
  });

  it.each<[string, Question, number]>([
    ['an unknown topic', { name: 'none' }, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ['another broker', { type: BROKER, name: '5' }, KafkaError.INVALID_REQUEST],
    ['another kind', { type: GROUP, name: 'app' }, KafkaError.INVALID_REQUEST],
  ])('refuses %s', (_, question, expected) => {
    const result = ask(clusterWithOrders(), question);
    expect(result).toMatchObject({ errorCode: expected, configs: [] });
  });
});

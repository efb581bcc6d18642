import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { ConfigResourceType } from '../configs/resolver.ts';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { describeConfigs } from './describe-configs.ts';

const { TOPIC, BROKER, BROKER_LOGGER, CLIENT_METRICS, GROUP } = ConfigResourceType;

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
    {
      image,
      configs,
      loggers: new Map([['root', 'INFO']]),
      includeSynonyms: all,
      includeDocumentation: all,
    },
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
    expect(find('num.partitions')).toMatchObject({ value: '6', configSource: 4, readOnly: false });
    expect(find('delete.topic.enable')).toMatchObject({ configSource: 5, readOnly: true });
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

  it('gives every setting of a broker that Kafka lists, and the static value before the default', () => {
    const { configs } = ask(clusterOf(1, { 'num.partitions': '6' }), { type: BROKER, name: '0' });
    expect(configs).toHaveLength(342);
    expect(configs.every(({ documentation }) => documentation !== null)).toBe(true);
    expect(configs.some(({ name }) => name.startsWith('internal.'))).toBe(false);
    expect(configs.find(({ name }) => name === 'num.partitions')?.synonyms).toEqual([
      { name: 'num.partitions', value: '6', source: 4 },
      { name: 'num.partitions', value: '1', source: 5 },
    ]);
  });

  it('never tells a password', () => {
    const name = 'listener.name.outside.ssl.keystore.password';
    const { configs } = ask(clusterOf(1, { [name]: 'hush' }), { type: BROKER, name: '0' });
    const secrets = configs.filter(({ isSensitive }) => isSensitive);
    expect(secrets.length).toBeGreaterThan(8);
    expect(secrets.map(({ value }) => value)).toEqual(secrets.map(() => null));
    expect(JSON.stringify(configs)).not.toContain('hush');
    expect(secrets.find((entry) => entry.name === name)).toMatchObject({
      configSource: 4,
      synonyms: [{ value: null }],
    });
  });

  it('gives the settings of a group, with those of the broker behind them', () => {
    const cluster = clusterOf(1, { 'group.consumer.heartbeat.interval.ms': '6000' });
    const set = { name: 'consumer.session.timeout.ms', value: '50000' };
    const body = { resourceType: GROUP, resourceName: 'app', ...set };
    cluster.commit([{ kind: 'config', body }]);
    const { configs } = ask(cluster, { type: GROUP, name: 'app' });
    expect(configs).toHaveLength(17);
    const find = (name: string) => configs.find((entry) => entry.name === name);
    expect(find('consumer.session.timeout.ms')).toMatchObject({ value: '50000', configSource: 8 });
    expect(find('consumer.heartbeat.interval.ms')).toMatchObject({
      value: '6000',
      configSource: 4,
      synonyms: [{ source: 4 }, { value: '5000', source: 5 }],
    });
    expect(find('share.isolation.level')).toMatchObject({
      configSource: 5,
      synonyms: [{ name: 'share.isolation.level', value: 'read_uncommitted', source: 5 }],
    });
    expect(cluster.context.configs.groupNumber('app', 'consumer.session.timeout.ms')).toBe(50_000);
    expect(cluster.context.configs.groupNumber('b', 'consumer.heartbeat.interval.ms')).toBe(6000);
  });

  it('gives the settings of a client metrics subscription, there or not', () => {
    const cluster = clusterOf(1);
    const set = { name: 'interval.ms', value: '1000' };
    const body = { resourceType: CLIENT_METRICS, resourceName: 'all', ...set };
    cluster.commit([{ kind: 'config', body }]);
    const { configs } = ask(cluster, { type: CLIENT_METRICS, name: 'all' });
    expect(configs).toMatchObject([
      { name: 'metrics', value: '', configSource: 5 },
      { name: 'interval.ms', value: '1000', configSource: 7 },
      { name: 'match', value: '', configSource: 5 },
    ]);
    expect(ask(cluster, { type: CLIENT_METRICS, name: 'none' }).configs).toHaveLength(3);
  });

  it('gives the levels of the loggers', () => {
    const { configs } = ask(clusterOf(1), { type: BROKER_LOGGER, name: '0' });
    expect(configs).toMatchObject([{ name: 'root', value: 'INFO', configSource: 6 }]);
  });

  it.each<[string, Question, number]>([
    ['an unknown topic', { name: 'none' }, KafkaError.UNKNOWN_TOPIC_OR_PARTITION],
    ['a name no topic can have', { name: 'a b' }, KafkaError.INVALID_TOPIC_EXCEPTION],
    ['another broker', { type: BROKER, name: '5' }, KafkaError.INVALID_REQUEST],
    ['a broker without a number', { type: BROKER, name: 'x' }, KafkaError.INVALID_REQUEST],
    ['loggers of no broker', { type: BROKER_LOGGER, name: '' }, KafkaError.INVALID_REQUEST],
    ['a group without a name', { type: GROUP, name: '' }, KafkaError.INVALID_REQUEST],
    ['no subscription', { type: CLIENT_METRICS, name: '' }, KafkaError.INVALID_REQUEST],
    ['another kind', { type: 1, name: 'app' }, KafkaError.INVALID_REQUEST],
  ])('refuses %s', (_, question, expected) => {
    const result = ask(clusterWithOrders(), question);
    expect(result).toMatchObject({ errorCode: expected, configs: [] });
  });
});

import { KafkaError } from '@weirhouse/kafka-protocol';
import { describe, expect, it } from 'vitest';
import { ConfigResourceType } from '../configs/resolver.ts';
import { clusterOf, type SpecCluster } from '../spec-builders.ts';
import { alterConfigs, incrementalAlterConfigs } from './alter-configs.ts';
import { ConfigOperation } from './config-changes.ts';

const { TOPIC, BROKER } = ConfigResourceType;
const { SET, DELETE, APPEND, SUBTRACT } = ConfigOperation;

type Change = readonly [name: string, operation: number, value?: string | null];

function resourceOf(resourceType: number, resourceName: string, changes: readonly Change[]) {
  const configs = changes.map(([name, configOperation, value = null]) => ({
    name,
    configOperation,
    value,
  }));
  return { resourceType, resourceName, configs };
}

function clusterWithOrders(): SpecCluster {
  const cluster = clusterOf(1);
  const configs = [{ name: 'retention.ms', value: '1000' }];
  cluster.addTopic('orders', { configs });
  return cluster;
}

function alter(cluster: SpecCluster, ...changes: readonly Change[]): number {
  const resources = [resourceOf(TOPIC, 'orders', changes)];
  const request = { resources, validateOnly: false };
  const { responses } = cluster.run(incrementalAlterConfigs(cluster.context, request));
  return responses[0]?.errorCode ?? -1;
}

function settingsOf(cluster: SpecCluster, type: number, name: string): Record<string, string> {
  return Object.fromEntries(cluster.image.configs.of(type, name));
}

describe('incrementalAlterConfigs', () => {
  it('sets and deletes, and leaves the rest alone', () => {
    const cluster = clusterWithOrders();
    expect(alter(cluster, ['segment.ms', SET, ' 60000 '])).toBe(KafkaError.NONE);
    const both = { 'retention.ms': '1000', 'segment.ms': '60000' };
    expect(settingsOf(cluster, TOPIC, 'orders')).toEqual(both);
    alter(cluster, ['retention.ms', DELETE], ['flush.ms', DELETE]);
    expect(settingsOf(cluster, TOPIC, 'orders')).toEqual({ 'segment.ms': '60000' });
  });

  it('appends to and subtracts from the list in force, and repeats without effect', () => {
    const cluster = clusterWithOrders();
    const policy = (): string | undefined =>
      cluster.image.configs.of(TOPIC, 'orders').get('cleanup.policy');
    for (let repetition = 0; repetition < 2; repetition++) {
      expect(alter(cluster, ['cleanup.policy', APPEND, 'compact'])).toBe(KafkaError.NONE);
      expect(policy()).toBe('delete,compact');
    }
    for (let repetition = 0; repetition < 2; repetition++) {
      expect(alter(cluster, ['cleanup.policy', SUBTRACT, 'delete'])).toBe(KafkaError.NONE);
      expect(policy()).toBe('compact');
    }
  });

  it('removes an override whose name only another release knows', () => {
    const cluster = clusterWithOrders();
    const body = { resourceType: TOPIC, resourceName: 'orders', name: 'from.later', value: 'x' };
    cluster.commit([{ kind: 'config', body }]);
    expect(alter(cluster, ['from.later', DELETE])).toBe(KafkaError.NONE);
    expect(settingsOf(cluster, TOPIC, 'orders')).toEqual({ 'retention.ms': '1000' });
  });

  it('makes no record for what stays the same', () => {
    const { context } = clusterWithOrders();
    const resources = [resourceOf(TOPIC, 'orders', [['retention.ms', SET, '1000']])];
    const result = incrementalAlterConfigs(context, { resources, validateOnly: false });
    expect(result.records).toEqual([]);
  });

  it('makes nothing when it only validates', () => {
    const { context } = clusterWithOrders();
    const resources = [resourceOf(TOPIC, 'orders', [['retention.ms', SET, '5']])];
    const result = incrementalAlterConfigs(context, { resources, validateOnly: true });
    expect(result).toMatchObject({ records: [], response: { responses: [{ errorCode: 0 }] } });
  });

  it.each<[string, readonly Change[], number]>([
    ['an unknown setting', [['no.such', SET, '1']], KafkaError.INVALID_CONFIG],
    ['an unknown setting to delete', [['no.such', DELETE]], KafkaError.INVALID_CONFIG],
    ['a bad value', [['retention.ms', SET, '-7']], KafkaError.INVALID_CONFIG],
    ['a null value', [['retention.ms', SET]], KafkaError.INVALID_REQUEST],
    ['an append to a number', [['retention.ms', APPEND, '1']], KafkaError.INVALID_CONFIG],
    ['an unknown operation', [['retention.ms', 9, '1']], KafkaError.INVALID_REQUEST],
    [
      'a repeated setting',
      [
        ['retention.ms', SET, '1'],
        ['retention.ms', DELETE],
      ],
      KafkaError.INVALID_REQUEST,
    ],
    [
      'a contradiction',
      [
        ['min.compaction.lag.ms', SET, '9'],
        ['max.compaction.lag.ms', SET, '8'],
      ],
      40,
    ],
    [
      'a value too long',
      [['compression.type', SET, 'x'.repeat(40_000)]],
      KafkaError.INVALID_CONFIG,
    ],
  ])('refuses %s and changes nothing', (_, changes, expected) => {
    const cluster = clusterWithOrders();
    expect(alter(cluster, ['segment.ms', SET, '1'], ...changes)).toBe(expected);
    expect(settingsOf(cluster, TOPIC, 'orders')).toEqual({ 'retention.ms': '1000' });
  });

  it('answers each resource by itself', () => {
    const cluster = clusterWithOrders();
    const resources = [
      resourceOf(TOPIC, 'none', []),
      resourceOf(TOPIC, 'orders', [['retention.ms', SET, '7']]),
      resourceOf(BROKER, '', []),
      resourceOf(BROKER, '', []),
      resourceOf(ConfigResourceType.BROKER_LOGGER, '0', []),
      resourceOf(BROKER, '9', []),
      resourceOf(BROKER, 'x', []),
    ];
    const result = incrementalAlterConfigs(cluster.context, { resources, validateOnly: false });
    expect(result.response.responses.map(({ errorCode }) => errorCode)).toEqual([
      KafkaError.UNKNOWN_TOPIC_OR_PARTITION,
      KafkaError.NONE,
      KafkaError.INVALID_REQUEST,
      KafkaError.INVALID_REQUEST,
      KafkaError.INVALID_REQUEST,
      KafkaError.INVALID_REQUEST,
      KafkaError.INVALID_REQUEST,
    ]);
  });

  it('changes the defaults of topics for all brokers at run time', () => {
    const cluster = clusterOf(1);
    const resources = [resourceOf(BROKER, '', [['log.retention.ms', SET, '5000']])];
    cluster.run(incrementalAlterConfigs(cluster.context, { resources, validateOnly: false }));
    expect(cluster.context.configs.topicConfig('any').retentionMs).toBe(5000);
  });

  it('changes for all brokers what new topics get, which Kafka fixes at the start', () => {
    const cluster = clusterOf(1, { 'num.partitions': '2', 'auto.create.topics.enable': 'false' });
    const { configs } = cluster.context;
    const alter = (operation: number, partitions: string, auto: string) => {
      const changes: readonly Change[] = [
        ['num.partitions', operation, partitions],
        ['auto.create.topics.enable', operation, auto],
      ];
      const request = { resources: [resourceOf(BROKER, '', changes)], validateOnly: false };
      cluster.run(incrementalAlterConfigs(cluster.context, request));
    };
    alter(SET, '6', 'true');
    expect(configs.brokerNumber('num.partitions')).toBe(6);
    expect(configs.brokerFlag('auto.create.topics.enable')).toBe(true);
    alter(DELETE, '', '');
    expect(configs.brokerNumber('num.partitions')).toBe(2);
    expect(configs.brokerFlag('auto.create.topics.enable')).toBe(false);
  });

  // The codes of Kafka 4.3.1, one by one.
  it.each<[string, string, Change, number]>([
    ['is fixed at the start', '', ['log.cleaner.enable', SET, 'false'], 42],
    ['has a bad value', '', ['log.retention.ms', SET, 'abc'], 42],
    ['is out of bounds', '0', ['message.max.bytes', SET, '-3'], 42],
    ['is unknown', '0', ['no.such', SET, '1'], 40],
    ['is of one broker, for all', '', ['listeners', SET, 'PLAINTEXT://:1'], 42],
    ['is of a listener, without one', '0', ['ssl.keystore.location', SET, 'a'], 42],
    ['is of a listener, for all', '', ['listener.name.a.ssl.keystore.location', SET, 'a'], 42],
    ['is of a listener and fits', '0', ['listener.name.a.ssl.keystore.location', SET, 'a'], 0],
    ['limits a listener for all', '', ['listener.name.a.max.connections', SET, '5'], 0],
    ['limits a listener with no number', '', ['listener.name.a.max.connections', SET, 'x'], 42],
    ['more than doubles a pool', '', ['num.io.threads', SET, '100'], 42],
    ['doubles a pool', '', ['num.io.threads', SET, '16'], 0],
    ['has no effect on one node', '', ['leader.replication.throttled.rate', SET, '1000'], 0],
    ['limits addresses', '', ['max.connections.per.ip.overrides', SET, '10.0.0.1:50'], 0],
    ['limits addresses badly', '', ['max.connections.per.ip.overrides', SET, 'a:b'], 42],
    ['is unknown and taken away', '0', ['no.such', DELETE], 0],
    ['names other listeners', '0', ['listeners', SET, 'PLAINTEXT://:1'], 42],
    ['names another class', '0', ['principal.builder.class', SET, 'Mine'], 42],
    ['cordons an unknown folder', '0', ['cordoned.log.dirs', SET, '/other'], 42],
    ['cordons its folder', '0', ['cordoned.log.dirs', SET, '/data'], 0],
    [
      'gives groups a default out of bounds',
      '',
      ['group.consumer.assignment.interval.ms', SET, '50000'],
      42,
    ],
    ['asks for too little memory', '', ['log.cleaner.dedupe.buffer.size', SET, '1000'], 42],
  ])('answers a setting of a broker that %s', (_, broker, change, expected) => {
    const resources = [resourceOf(BROKER, broker, [change])];
    const request = { resources, validateOnly: false };
    const { context } = clusterOf(1, { 'log.dirs': '/data' });
    const { response } = incrementalAlterConfigs(context, request);
    expect(response.responses[0]?.errorCode).toBe(expected);
  });

  it.each<[string, Change, number]>([
    ['fits', ['consumer.session.timeout.ms', SET, '50000'], 0],
    ['is below the bound of the broker', ['consumer.session.timeout.ms', SET, '100'], 40],
    ['is above the bound of the broker', ['consumer.heartbeat.interval.ms', SET, '15001'], 40],
    ['has too many standbys', ['streams.num.standby.replicas', SET, '3'], 40],
    ['delivers too often', ['share.delivery.count.limit', SET, '11'], 40],
    ['begins somewhere', ['share.auto.offset.reset', SET, 'by_duration:PT1H'], 0],
    ['begins nowhere', ['share.auto.offset.reset', SET, 'by_duration:P'], 40],
    ['is unknown', ['no.such', SET, '1'], 40],
  ])('answers a setting of a group that %s', (_, change, expected) => {
    const resources = [resourceOf(ConfigResourceType.GROUP, 'app', [change])];
    const request = { resources, validateOnly: false };
    const { response } = incrementalAlterConfigs(clusterOf(1).context, request);
    expect(response.responses[0]?.errorCode).toBe(expected);
  });

  it('refuses a heartbeat of a group that comes later than its session ends', () => {
    const settings = { 'group.consumer.max.heartbeat.interval.ms': '60000' };
    const changes: Change[] = [['consumer.heartbeat.interval.ms', SET, '45000']];
    const resources = [resourceOf(ConfigResourceType.GROUP, 'app', changes)];
    const request = { resources, validateOnly: false };
    const { response } = incrementalAlterConfigs(clusterOf(1, settings).context, request);
    expect(response.responses[0]).toMatchObject({ errorCode: KafkaError.INVALID_CONFIG });
  });

  it.each<[string, Change, number]>([
    ['fits', ['match', SET, 'client_id=a.*,client_source_port=1'], 0],
    ['has a short interval', ['interval.ms', SET, '10'], 42],
    ['has a long interval', ['interval.ms', SET, '4000000'], 42],
    ['selects by nothing', ['match', SET, 'foo=bar'], 40],
    ['has a bad pattern', ['match', SET, 'client_id=['], 40],
    ['has no pattern', ['match', SET, 'client_id'], 40],
    ['is unknown', ['no.such', SET, '1'], 40],
  ])('answers a setting of a subscription that %s', (_, change, expected) => {
    const resources = [resourceOf(ConfigResourceType.CLIENT_METRICS, 'all', [change])];
    const request = { resources, validateOnly: false };
    const { response } = incrementalAlterConfigs(clusterOf(1).context, request);
    expect(response.responses[0]?.errorCode).toBe(expected);
  });

  it('lets a listener have a limit of its own', () => {
    const cluster = clusterOf(1, { 'max.connections': '70' });
    const { configs } = cluster.context;
    const set = (name: string, value: string): void => {
      const resources = [resourceOf(BROKER, '', [[name, SET, value]])];
      cluster.run(incrementalAlterConfigs(cluster.context, { resources, validateOnly: false }));
    };
    expect(configs.listenerText('OUTSIDE', 'max.connections')).toBe('70');
    set('listener.name.outside.max.connections', '50');
    expect(configs.listenerText('OUTSIDE', 'max.connections')).toBe('50');
    expect(configs.listenerText('INSIDE', 'max.connections')).toBe('70');
    expect(configs.listenerText('INSIDE', 'broker.rack')).toBeNull();
  });
});

describe('settings of TLS', () => {
  const KEY_STORE = 'listener.name.a.ssl.keystore.location';

  function alterBroker(name: string, change: Change) {
    const cluster = clusterOf(2);
    const seen: (string | null)[] = [];
    const context = {
      ...cluster.context,
      findTlsFault: (proposed: typeof cluster.context.configs) => {
        seen.push(proposed.listenerText('A', 'ssl.keystore.location'));
        return proposed.listenerText('A', 'ssl.keystore.location') === 'good' ? undefined : 'No.';
      },
    };
    const resources = [resourceOf(BROKER, name, [change])];
    const result = incrementalAlterConfigs(context, { resources, validateOnly: false });
    return { seen, records: result.records.length, answer: result.response.responses[0] };
  }

  it('are refused when the broker could not serve with them, and nothing changes', () => {
    const { answer, records, seen } = alterBroker('0', [KEY_STORE, SET, 'bad']);
    expect(seen).toEqual(['bad']);
    expect([answer?.errorCode, answer?.errorMessage, records]).toEqual([42, 'No.', 0]);
  });

  it('are taken when it could', () => {
    const { answer, records } = alterBroker('0', [KEY_STORE, SET, 'good']);
    expect([answer?.errorCode, records]).toEqual([0, 1]);
  });

  it.each<[string, string, Change]>([
    ['other settings', '0', ['log.retention.ms', SET, '5000']],
    ['another broker', '1', [KEY_STORE, SET, 'bad']],
  ])('are not looked at for %s', (_, name, change) => {
    const { answer, seen } = alterBroker(name, change);
    expect([answer?.errorCode, seen]).toEqual([0, []]);
  });
});

describe('alterConfigs', () => {
  it('replaces all overrides', () => {
    const cluster = clusterWithOrders();
    const configs = [{ name: 'segment.ms', value: '1' }];
    const resources = [{ resourceType: TOPIC, resourceName: 'orders', configs }];
    cluster.run(alterConfigs(cluster.context, { resources, validateOnly: false }));
    expect(settingsOf(cluster, TOPIC, 'orders')).toEqual({ 'segment.ms': '1' });
  });

  it('refuses a null value', () => {
    const configs = [{ name: 'segment.ms', value: null }];
    const resources = [{ resourceType: TOPIC, resourceName: 'orders', configs }];
    const result = alterConfigs(clusterWithOrders().context, { resources, validateOnly: false });
    expect(result.response.responses[0]?.errorCode).toBe(KafkaError.INVALID_REQUEST);
  });
});

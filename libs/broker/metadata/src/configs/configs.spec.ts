import { describe, expect, it } from 'vitest';
import { ConfigsImage } from '../image/settings-images.ts';
import { BROKER_CONFIGS } from './broker-configs.ts';
import { type ConfigDefinition, define, parseConfigValue } from './definition.ts';
import { ConfigResolver, ConfigResourceType, ConfigSource } from './resolver.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

const { TOPIC, BROKER } = ConfigResourceType;

function topicConfig(name: string): ConfigDefinition {
  const definition = TOPIC_CONFIGS.get(name);
  if (definition === undefined) throw new Error(`${name} is not a topic setting`);
  return definition;
}

function resolverOf(values: Readonly<Record<string, string>> = {}): {
  readonly overrides: ConfigsImage;
  readonly resolver: ConfigResolver;
} {
  const overrides = new ConfigsImage();
  const broker = { brokerId: 1, values: new Map(Object.entries(values)) };
  return { overrides, resolver: new ConfigResolver(overrides, broker) };
}

describe('the tables of settings', () => {
  it('hold the 34 topic settings of Kafka 4.3', () => {
    expect(TOPIC_CONFIGS.size).toBe(34);
  });

  it.each([...TOPIC_CONFIGS.values(), ...BROKER_CONFIGS.values()])(
    'give $name a default that is valid and canonical, and a sentence',
    (definition) => {
      const { defaultValue } = definition;
      const parsed = defaultValue === null ? undefined : parseConfigValue(definition, defaultValue);
      expect(parsed ?? { ok: true, text: null }).toMatchObject({ ok: true, text: defaultValue });
      expect(definition.documentation).toMatch(/^[A-Z].*\.$/);
    },
  );

  it('know every broker setting that a topic setting falls back to, with the same default', () => {
    for (const topic of TOPIC_CONFIGS.values()) {
      const defaults = topic.synonyms.map(({ name, unit }) => {
        const value = BROKER_CONFIGS.get(name)?.defaultValue;
        return value == null || unit === 1 ? value : String(Number(value) * unit);
      });
      expect(defaults).not.toContain(undefined);
      const effective = defaults.find((value) => value !== null) ?? topic.defaultValue;
      expect(effective, topic.name).toBe(topic.defaultValue);
    }
  });
});

describe('parseConfigValue', () => {
  it.each([
    ['INT', '2147483647', '2147483647'],
    ['INT', ' +007 ', '7'],
    ['INT', '-0', '0'],
    ['SHORT', '-32768', '-32768'],
    ['LONG', '9223372036854775807', '9223372036854775807'],
    ['LONG', '-9223372036854775808', '-9223372036854775808'],
    ['DOUBLE', '1', '1.0'],
    ['DOUBLE', '.5', '0.5'],
    ['BOOLEAN', ' TRUE ', 'true'],
    ['LIST', ' a , b', 'a,b'],
    ['LIST', '', ''],
    ['STRING', ' x ', 'x'],
  ] as const)('reads %s %j as %j', (type, text, canonical) => {
    const definition = define('some.setting', type, null, { doc: '' });
    expect(parseConfigValue(definition, text)).toMatchObject({ ok: true, text: canonical });
  });

  it.each([
    ['INT', '2147483648'],
    ['INT', '1.0'],
    ['INT', ''],
    ['SHORT', '32768'],
    ['LONG', '9223372036854775808'],
    ['LONG', '0x10'],
    ['DOUBLE', 'NaN'],
    ['DOUBLE', '1e999'],
    ['BOOLEAN', 'yes'],
  ] as const)('refuses %s %j and names the setting', (type, text) => {
    const parsed = parseConfigValue(define('some.setting', type, null, { doc: '' }), text);
    expect(parsed).toMatchObject({ ok: false });
    expect(parsed.ok ? '' : parsed.message).toContain('some.setting');
  });

  it.each([
    ['segment.bytes', '1048575', false],
    ['segment.bytes', '1048576', true],
    ['min.cleanable.dirty.ratio', '1.1', false],
    ['cleanup.policy', 'compact,delete', true],
    ['cleanup.policy', '', true],
    ['cleanup.policy', 'compact,compact', false],
    ['cleanup.policy', 'shrink', false],
    ['compression.type', 'brotli', false],
    ['compression.gzip.level', '-1', true],
    ['compression.gzip.level', '0', false],
    ['leader.replication.throttled.replicas', '*', true],
    ['leader.replication.throttled.replicas', '0:1,1:2', true],
    ['leader.replication.throttled.replicas', '0:x', false],
    ['remote.storage.enable', 'true', false],
    ['retention.ms', '-1', true],
    ['retention.ms', '-2', false],
  ])('checks %s = %j', (name, text, ok) => {
    expect(parseConfigValue(topicConfig(name), text).ok).toBe(ok);
  });

  it('does not repeat a password', () => {
    const definition = define('key.password', 'PASSWORD', null, {
      doc: '',
      check: { kind: 'one-of', values: [] },
    });
    expect(JSON.stringify(parseConfigValue(definition, 'hunter2'))).not.toContain('hunter2');
  });
});

describe('a ConfigResolver', () => {
  it('prefers topic, this broker, all brokers, the configuration file, the default', () => {
    const { overrides, resolver } = resolverOf({ 'log.retention.bytes': '4' });
    const name = 'retention.bytes';
    const broker = { resourceType: BROKER, resourceName: '1' };
    const everyBroker = { resourceType: BROKER, resourceName: '' };
    overrides.set({ resourceType: TOPIC, resourceName: 't' }, name, '1');
    overrides.set(broker, 'log.retention.bytes', '2');
    overrides.set(everyBroker, 'log.retention.bytes', '3');
    const resolve = (): readonly [string | null, number] => {
      const resolved = resolver.resolveTopic(topicConfig(name), overrides.of(TOPIC, 't'));
      return [resolved.value, resolved.source];
    };
    expect(resolver.resolveTopic(topicConfig(name), overrides.of(TOPIC, 't')).synonyms).toEqual([
      { name, value: '1', source: ConfigSource.TOPIC },
      { name: 'log.retention.bytes', value: '2', source: ConfigSource.DYNAMIC_BROKER },
      { name: 'log.retention.bytes', value: '3', source: ConfigSource.DYNAMIC_DEFAULT_BROKER },
      { name: 'log.retention.bytes', value: '4', source: ConfigSource.STATIC_BROKER },
      { name: 'log.retention.bytes', value: '-1', source: ConfigSource.DEFAULT },
    ]);
    expect(resolve()).toEqual(['1', ConfigSource.TOPIC]);
    overrides.removeAll(TOPIC, 't');
    expect(resolve()).toEqual(['2', ConfigSource.DYNAMIC_BROKER]);
    overrides.set(broker, 'log.retention.bytes', null);
    expect(resolve()).toEqual(['3', ConfigSource.DYNAMIC_DEFAULT_BROKER]);
    overrides.set(everyBroker, 'log.retention.bytes', null);
    expect(resolve()).toEqual(['4', ConfigSource.STATIC_BROKER]);
  });

  it.each([
    [{}, '604800000', ConfigSource.DEFAULT],
    // Seen with Kafka 4.3.1: a value in another unit counts, and is told as if it were the default.
    [{ 'log.retention.hours': '2' }, '7200000', ConfigSource.DEFAULT],
    [{ 'log.retention.hours': '2', 'log.retention.minutes': '3' }, '180000', 5],
    [{ 'log.retention.minutes': '3', 'log.retention.ms': '5' }, '5', 4],
    [{ 'log.retention.hours': '-1' }, '-1', 5],
  ])('turns %j into milliseconds', (values, value, source) => {
    const { resolver } = resolverOf(values);
    const resolved = resolver.resolveTopic(topicConfig('retention.ms'), new Map());
    expect(resolved).toMatchObject({ value, source });
  });

  it('tells of other units behind the value in milliseconds, as Kafka 4.3.1 does', () => {
    const { overrides, resolver } = resolverOf({ 'log.retention.hours': '168' });
    const everyBroker = { resourceType: BROKER, resourceName: '' };
    const told = () => resolver.resolveTopic(topicConfig('retention.ms'), new Map()).synonyms;
    expect(told()).toEqual([]);
    overrides.set(everyBroker, 'log.retention.ms', '3600000');
    const expected = [
      { name: 'log.retention.ms', value: '3600000', source: 3 },
      { name: 'log.retention.hours', value: '168', source: 4 },
      { name: 'log.retention.hours', value: '168', source: 5 },
    ];
    expect(told()).toEqual(expected);
    const ofBroker = (name: string) => {
      const definition = BROKER_CONFIGS.get(name);
      if (definition === undefined) throw new Error(`${name} is a setting of brokers`);
      return resolver.resolveBroker(definition);
    };
    expect(ofBroker('log.retention.ms').synonyms).toEqual(expected);
    expect(ofBroker('log.retention.hours')).toMatchObject({ value: '168', source: 4 });
    expect(ofBroker('log.retention.minutes')).toMatchObject({ value: null, synonyms: [] });
  });

  it('types the settings of a topic and follows their changes', () => {
    const { overrides, resolver } = resolverOf({ 'message.max.bytes': '2000000' });
    const before = resolver.topicConfig('t');
    expect(before).toMatchObject({
      cleanupPolicy: { delete: true, compact: false },
      maxMessageBytes: 2_000_000,
      flushMessages: 2 ** 63,
      timestampType: 'CreateTime',
      segmentBytes: 2 ** 30,
    });
    expect(resolver.topicConfig('t')).toBe(before);
    const topic = { resourceType: TOPIC, resourceName: 't' };
    overrides.set(topic, 'cleanup.policy', 'compact');
    overrides.set(topic, 'internal.segment.bytes', '100');
    const after = resolver.topicConfig('t');
    expect(after.cleanupPolicy).toEqual({ delete: false, compact: true });
    expect(after.segmentBytes).toBe(100);
  });

  it('gives broker settings as numbers and flags', () => {
    const { resolver } = resolverOf({
      'num.partitions': '6',
      'auto.create.topics.enable': 'FALSE',
    });
    expect(resolver.brokerNumber('num.partitions')).toBe(6);
    expect(resolver.brokerFlag('auto.create.topics.enable')).toBe(false);
    expect(() => resolver.brokerNumber('no.such.setting')).toThrow(/no value/);
  });
});

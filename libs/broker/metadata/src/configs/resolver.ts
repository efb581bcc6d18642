import { assert } from '@weirhouse/shared-kernel';
import { BROKER_CONFIGS, findBrokerConfig, listenerConfigName } from './broker-configs.ts';
import { type ConfigDefinition, parseConfigValue } from './definition.ts';
import { GROUP_CONFIGS } from './group-configs.ts';
import { buildTopicConfig, type TopicConfig } from './topic-config.ts';
import { TOPIC_CONFIGS } from './topic-configs.ts';

/** Kinds of things that have settings, by Kafka's ids. */
export const ConfigResourceType = {
  TOPIC: 2,
  BROKER: 4,
  BROKER_LOGGER: 8,
  CLIENT_METRICS: 16,
  GROUP: 32,
} as const;

/** Where an effective value comes from, by Kafka's ids (DescribeConfigs v1+). */
export const ConfigSource = {
  TOPIC: 1,
  DYNAMIC_BROKER: 2,
  DYNAMIC_DEFAULT_BROKER: 3,
  STATIC_BROKER: 4,
  DEFAULT: 5,
  BROKER_LOGGER: 6,
  CLIENT_METRICS: 7,
  GROUP: 8,
} as const;

/** The overrides in the metadata image, as the resolver needs them. */
export interface ConfigOverrides {
  /** Grows with every change of any override. */
  readonly version: number;
  /** Overrides of one resource; empty when there are none. A broker named '' is every broker. */
  of(resourceType: number, resourceName: string): ReadonlyMap<string, string>;
}

/** One candidate for a value: the setting it stands in, its text there, and its source. */
export interface ConfigSynonym {
  readonly name: string;
  readonly value: string | null;
  readonly source: number;
}

/** An effective value with everything that could have given it, highest precedence first. */
export interface ResolvedConfig {
  readonly name: string;
  /** Canonical text in the setting's own unit; null when unset. */
  readonly value: string | null;
  readonly source: number;
  readonly synonyms: readonly ConfigSynonym[];
}

/** What a broker brings along: its id and the settings of its own configuration file. */
export interface BrokerSettings {
  readonly brokerId: number;
  /** Kafka's names (`log.retention.ms`) to texts; only those that were set. */
  readonly values: ReadonlyMap<string, string>;
}

/**
 * Works out effective settings: topic override, then dynamic settings of this broker and of all
 * brokers, then the broker's own configuration, then Kafka's default.
 */
export class ConfigResolver {
  readonly #overrides: ConfigOverrides;
  readonly #broker: BrokerSettings;
  /** Typed settings by topic. */
  readonly #typed = new Map<string, TopicConfig>();
  /** Effective texts of broker settings that were asked for: some are, for every request. */
  readonly #brokerTexts = new Map<string, string>();
  #cachedVersion = -1;

  constructor(overrides: ConfigOverrides, broker: BrokerSettings) {
    this.#overrides = overrides;
    this.#broker = broker;
  }

  /** The broker whose settings these are. */
  get brokerId(): number {
    return this.#broker.brokerId;
  }

  /** As it would be with these overrides of a broker, or of all brokers (empty name). */
  proposing(brokerName: string, values: ReadonlyMap<string, string>): ConfigResolver {
    const present = this.#overrides;
    const of = (type: number, name: string) =>
      type === ConfigResourceType.BROKER && name === brokerName ? values : present.of(type, name);
    return new ConfigResolver({ version: present.version, of }, this.#broker);
  }

  /** The typed settings of a topic; the defaults when the topic has no overrides. Cached. */
  topicConfig(topicName: string): TopicConfig {
    this.#dropStale();
    const known = this.#typed.get(topicName);
    if (known !== undefined) return known;
    const own = this.#overrides.of(ConfigResourceType.TOPIC, topicName);
    const config = buildTopicConfig(this.textOf(own));
    this.#typed.set(topicName, config);
    return config;
  }

  /** Looks up effective topic settings under the given overrides, which need not be committed. */
  textOf(overrides: ReadonlyMap<string, string>): (name: string) => string | null {
    return (name) => {
      const definition = TOPIC_CONFIGS.get(name);
      return definition === undefined ? null : this.resolveTopic(definition, overrides).value;
    };
  }

  /** The effective value of one topic setting under the given overrides. */
  resolveTopic(
    definition: ConfigDefinition,
    overrides: ReadonlyMap<string, string>,
  ): ResolvedConfig {
    return this.#resolve(definition, overrides, ConfigSource.TOPIC);
  }

  /** The effective value of one group setting under the given overrides. */
  resolveGroup(
    definition: ConfigDefinition,
    overrides: ReadonlyMap<string, string>,
  ): ResolvedConfig {
    const resolved = this.#resolve(definition, overrides, ConfigSource.GROUP);
    if (definition.synonyms.length > 0) return resolved;
    // Without a setting of the broker behind it, Kafka names the default as the last synonym.
    const { defaultValue: value, name } = definition;
    const synonyms = [...resolved.synonyms, { name, value, source: ConfigSource.DEFAULT }];
    return { ...resolved, synonyms };
  }

  /** The effective number of a group's setting. Throws when there is no such setting. */
  groupNumber(groupId: string, name: string): number {
    const definition = GROUP_CONFIGS.get(name);
    assert(definition !== undefined, `${name} is not a group setting`);
    const overrides = this.#overrides.of(ConfigResourceType.GROUP, groupId);
    return Number(this.resolveGroup(definition, overrides).value);
  }

  #resolve(
    definition: ConfigDefinition,
    overrides: ReadonlyMap<string, string>,
    overrideSource: number,
  ): ResolvedConfig {
    const synonyms: ConfigSynonym[] = [];
    const override = overrides.get(definition.name);
    if (override !== undefined) {
      synonyms.push({ name: definition.name, value: override, source: overrideSource });
    }
    const names = definition.synonyms.map((synonym) => synonym.name);
    const candidates = this.#brokerCandidates(names, this.#broker.brokerId);
    synonyms.push(...fromFirstNamed(candidates, names[0]));
    const [first] = candidates;
    return {
      name: definition.name,
      value:
        override ??
        (first === undefined ? definition.defaultValue : convertUnit(definition, first)),
      source: synonyms[0]?.source ?? ConfigSource.DEFAULT,
      synonyms,
    };
  }

  /** The effective value of one setting of this broker. */
  resolveBroker(definition: ConfigDefinition): ResolvedConfig {
    const { name } = definition;
    const names = FAMILIES.find((family) => family.includes(name)) ?? [name];
    const candidates = this.#brokerCandidates(names, this.#broker.brokerId);
    const synonyms = fromFirstNamed(candidates, name);
    const first = synonyms[0];
    if (first === undefined) return unresolved(definition);
    return { name: definition.name, value: first.value, source: first.source, synonyms };
  }

  /**
   * The effective text of a setting for one listener: `listener.name.<listener>.<setting>` wins over
   * the plain one. Null when neither is set and there is no default.
   */
  listenerText(listener: string, name: string): string | null {
    for (const written of [listenerConfigName(listener, name), name]) {
      const definition = findBrokerConfig(written);
      const resolved = definition === undefined ? undefined : this.resolveBroker(definition);
      if (resolved?.synonyms.some(({ source }) => source !== ConfigSource.DEFAULT) ?? false)
        return resolved?.value ?? null;
    }
    return BROKER_CONFIGS.get(name)?.defaultValue ?? null;
  }

  /** Settings that were written for one listener, in the configuration file or at run time. */
  listenerConfigs(): readonly ConfigDefinition[] {
    const written = [
      ...this.#overrides.of(ConfigResourceType.BROKER, String(this.#broker.brokerId)).keys(),
      ...this.#overrides.of(ConfigResourceType.BROKER, '').keys(),
      ...this.#broker.values.keys(),
    ];
    const names = new Set(written.filter((name) => !BROKER_CONFIGS.has(name)));
    return [...names].flatMap((name) => findBrokerConfig(name) ?? []);
  }

  /** Whether a setting of this broker was written anywhere: at run time or in its file. */
  has(name: string): boolean {
    const { brokerId, values } = this.#broker;
    return [String(brokerId), '']
      .map((broker) => this.#overrides.of(ConfigResourceType.BROKER, broker))
      .concat(values)
      .some((layer) => layer.has(name));
  }

  /** The effective number of a broker setting. Throws when the setting is unknown or unset. */
  brokerNumber(name: string): number {
    return Number(this.#brokerValue(name));
  }

  /** The effective flag of a broker setting. Throws when the setting is unknown or unset. */
  brokerFlag(name: string): boolean {
    return this.#brokerValue(name) === 'true';
  }

  #brokerValue(name: string): string {
    this.#dropStale();
    const known = this.#brokerTexts.get(name);
    if (known !== undefined) return known;
    const definition = BROKER_CONFIGS.get(name);
    const value = definition === undefined ? null : this.resolveBroker(definition).value;
    assert(value !== null, `broker setting ${name} has no value`);
    this.#brokerTexts.set(name, value);
    return value;
  }

  /** Forgets what was worked out before the latest change of any override. */
  #dropStale(): void {
    if (this.#cachedVersion === this.#overrides.version) return;
    this.#typed.clear();
    this.#brokerTexts.clear();
    this.#cachedVersion = this.#overrides.version;
  }

  /** Every place that gives one of `names` a value: dynamic first, then static, then defaults. */
  #brokerCandidates(names: readonly string[], brokerId: number): ConfigSynonym[] {
    const layers: readonly (readonly [number, (name: string) => string | null | undefined])[] = [
      [ConfigSource.DYNAMIC_BROKER, this.#layer(String(brokerId))],
      [ConfigSource.DYNAMIC_DEFAULT_BROKER, this.#layer('')],
      [ConfigSource.STATIC_BROKER, (name) => this.#broker.values.get(name)],
      [ConfigSource.DEFAULT, (name) => BROKER_CONFIGS.get(name)?.defaultValue],
    ];
    return layers.flatMap(([source, lookup]) =>
      names.flatMap((name) => {
        const value = lookup(name);
        return value == null ? [] : [{ name, value: canonical(name, value), source }];
      }),
    );
  }

  #layer(brokerName: string): (name: string) => string | undefined {
    const overrides = this.#overrides.of(ConfigResourceType.BROKER, brokerName);
    return (name) => overrides.get(name);
  }
}

/** Broker settings of one meaning in several units, such as hours and milliseconds. */
const FAMILIES: readonly (readonly string[])[] = [...TOPIC_CONFIGS.values()]
  .map(({ synonyms }) => synonyms.map(({ name }) => name))
  .filter((names) => names.length > 1);

/** As Kafka: a setting's relatives in other units are told behind its own first value only. */
function fromFirstNamed(
  candidates: readonly ConfigSynonym[],
  name: string | undefined,
): readonly ConfigSynonym[] {
  const at = candidates.findIndex((candidate) => candidate.name === name);
  return at < 0 ? [] : candidates.slice(at);
}

function unresolved(definition: ConfigDefinition): ResolvedConfig {
  const value = definition.defaultValue;
  return { name: definition.name, value, source: ConfigSource.DEFAULT, synonyms: [] };
}

/** Texts of a configuration file may be written loosely; answers carry the canonical form. */
function canonical(name: string, text: string): string {
  const definition = findBrokerConfig(name);
  if (definition === undefined) return text;
  const parsed = parseConfigValue(definition, text);
  return parsed.ok ? parsed.text : text;
}

/** A value of log.retention.hours in the milliseconds of retention.ms; -1 stays "no limit". */
function convertUnit(definition: ConfigDefinition, candidate: ConfigSynonym): string | null {
  const unit = definition.synonyms.find((synonym) => synonym.name === candidate.name)?.unit ?? 1;
  if (unit === 1 || candidate.value === null) return candidate.value;
  const value = Number(candidate.value);
  return String(value < 0 ? value : value * unit);
}

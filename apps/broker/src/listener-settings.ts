import {
  BROKER_CONFIGS,
  ConfigSource,
  findBrokerConfig,
  listenerConfigName,
  type ConfigResolver,
} from '@weirhouse/broker-metadata';

/** Where settings are written: in the process's file, and for a running broker in its metadata too. */
export class SettingSource {
  readonly #written: ReadonlyMap<string, string>;
  #running: ConfigResolver | undefined;

  constructor(written: ReadonlyMap<string, string>) {
    this.#written = written;
  }

  /** From now on changes at run time come before what the file says. */
  follow(running: ConfigResolver): void {
    this.#running = running;
  }

  /** The text of a setting under just this name; undefined when it is not written. */
  find(name: string): string | undefined {
    const definition = findBrokerConfig(name);
    if (this.#running === undefined || definition === undefined) return this.#written.get(name);
    const { source, value } = this.#running.resolveBroker(definition);
    return source === ConfigSource.DEFAULT ? undefined : (value ?? undefined);
  }
}

/**
 * The settings of one listener: `listener.name.<listener>.<mechanism>.<name>` before
 * `listener.name.<listener>.<name>` before `<name>` before Kafka's default.
 */
export class ListenerSettings {
  readonly listener: string;
  readonly #source: SettingSource;

  constructor(listener: string, source: SettingSource) {
    this.listener = listener;
    this.#source = source;
  }

  /** The text of a setting; undefined when it is unset and has no default. */
  text(name: string, mechanism?: string): string | undefined {
    const ofMechanism = mechanism === undefined ? [] : [`${mechanism.toLowerCase()}.${name}`];
    const scoped = [...ofMechanism, name].map((own) => listenerConfigName(this.listener, own));
    for (const candidate of [...scoped, name]) {
      const value = this.#source.find(candidate);
      if (value !== undefined) return value;
    }
    return BROKER_CONFIGS.get(name)?.defaultValue ?? undefined;
  }

  /** The words of a setting that is a list. */
  list(name: string, mechanism?: string): readonly string[] {
    return (this.text(name, mechanism) ?? '')
      .split(',')
      .map((word) => word.trim())
      .filter((word) => word !== '');
  }
}

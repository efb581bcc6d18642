import { BROKER_CONFIGS, listenerConfigName } from '@weirhouse/broker-metadata';

/**
 * The settings of one listener as the configuration file has them: `listener.name.<listener>.<mechanism>.<name>`
 * before `listener.name.<listener>.<name>` before `<name>` before Kafka's default.
 */
export class ListenerSettings {
  readonly listener: string;
  readonly #values: ReadonlyMap<string, string>;

  constructor(listener: string, values: ReadonlyMap<string, string>) {
    this.listener = listener;
    this.#values = values;
  }

  /** The text of a setting; undefined when it is unset and has no default. */
  text(name: string, mechanism?: string): string | undefined {
    const ofMechanism = mechanism === undefined ? [] : [`${mechanism.toLowerCase()}.${name}`];
    const scoped = [...ofMechanism, name].map((own) => listenerConfigName(this.listener, own));
    for (const candidate of [...scoped, name]) {
      const value = this.#values.get(candidate);
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

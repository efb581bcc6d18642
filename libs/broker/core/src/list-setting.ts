import { BROKER_CONFIGS, type ConfigResolver } from '@weirhouse/broker-metadata';

/** The words of a broker setting that is a list; none when it is empty or unset. */
export function listSetting(configs: ConfigResolver, name: string): readonly string[] {
  const definition = BROKER_CONFIGS.get(name);
  const text = definition === undefined ? null : configs.resolveBroker(definition).value;
  return text === null || text === '' ? [] : text.split(',');
}

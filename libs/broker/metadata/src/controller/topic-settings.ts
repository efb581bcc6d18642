import { KafkaError } from '@weirhouse/kafka-protocol';
import { type ConfigDefinition, parseConfigValue } from '../configs/definition.ts';
import type { ConfigResolver } from '../configs/resolver.ts';
import { findTopicConfigConflict } from '../configs/topic-config.ts';
import { TOPIC_CONFIGS } from '../configs/topic-configs.ts';
import type { ApiError } from './controller-types.ts';

/** The longest text of a setting, in bytes: what a string field of the wire can carry. */
const CONFIG_VALUE_BYTES_MAX = 32_767;

/** Checked overrides with canonical texts, or error 40. */
export type CheckedSettings =
  | { readonly ok: true; readonly values: ReadonlyMap<string, string> }
  | { readonly ok: false; readonly error: ApiError };

/** A setting that does not fit: error 40 with a sentence. */
export function invalidConfig(errorMessage: string): { readonly ok: false; error: ApiError } {
  return { ok: false, error: { errorCode: KafkaError.INVALID_CONFIG, errorMessage } };
}

/** Checks a topic's whole set of overrides, one by one and together. */
export function checkTopicSettings(
  resolver: ConfigResolver,
  overrides: ReadonlyMap<string, string>,
): CheckedSettings {
  const checked = checkSettings((name) => TOPIC_CONFIGS.get(name), overrides);
  if (!checked.ok) return checked;
  const conflict = findTopicConfigConflict(checked.values, resolver.textOf(checked.values));
  return conflict === undefined ? checked : invalidConfig(conflict);
}

/** Checks settings one by one against their definitions. */
export function checkSettings(
  find: (name: string) => ConfigDefinition | undefined,
  overrides: ReadonlyMap<string, string>,
): CheckedSettings {
  const values = new Map<string, string>();
  for (const [name, text] of overrides) {
    const definition = find(name);
    if (definition === undefined) return invalidConfig(`Unknown configuration ${name}.`);
    if (Buffer.byteLength(text) > CONFIG_VALUE_BYTES_MAX) {
      return invalidConfig(`The value of ${name} is longer than ${CONFIG_VALUE_BYTES_MAX} bytes.`);
    }
    const parsed = parseConfigValue(definition, text);
    if (!parsed.ok) return invalidConfig(parsed.message);
    values.set(name, parsed.text);
  }
  return { ok: true, values };
}

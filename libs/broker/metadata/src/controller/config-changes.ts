import { KafkaError } from '@weirhouse/kafka-protocol';
import type { ConfigDefinition } from '../configs/definition.ts';
import { type CheckedSettings, invalidConfig } from './topic-settings.ts';

/** Overrides of one resource: names to texts. */
export type Overrides = ReadonlyMap<string, string>;

/** What IncrementalAlterConfigs does to one setting, by Kafka's ids (KIP-339). */
export const ConfigOperation = { SET: 0, DELETE: 1, APPEND: 2, SUBTRACT: 3 } as const;

export interface ConfigChange {
  readonly name: string;
  readonly configOperation: number;
  readonly value: string | null;
}

export interface ChangeContext {
  readonly present: Overrides;
  readonly find: (name: string) => ConfigDefinition | undefined;
  /** Whether an unknown setting may be deleted, which does nothing. */
  readonly forgivesUnknown: boolean;
  /** What a setting holds now, overridden or not. */
  readonly effective: (definition: ConfigDefinition) => string;
}

function invalidRequest(errorMessage: string): CheckedSettings {
  return { ok: false, error: { errorCode: KafkaError.INVALID_REQUEST, errorMessage } };
}

/**
 * The overrides after some changes; their values are not checked yet. Append and subtract are for
 * lists and do nothing when the item is there already, or not there.
 */
export function applyChanges(
  changes: readonly ConfigChange[],
  context: ChangeContext,
): CheckedSettings {
  const values = new Map(context.present);
  const seen = new Set<string>();
  for (const change of changes) {
    const { name, configOperation: operation } = change;
    if (seen.has(name)) return invalidRequest(`${name} is repeated in the request.`);
    seen.add(name);
    // An override that a later release left behind can be removed although its name is not known.
    if (operation === ConfigOperation.DELETE && values.delete(name)) continue;
    const definition = context.find(name);
    if (operation === ConfigOperation.DELETE && context.forgivesUnknown) continue;
    if (definition === undefined) return invalidConfig(`Unknown configuration ${name}.`);
    if (operation === ConfigOperation.DELETE) continue;
    if (change.value === null) return invalidRequest(`The value of ${name} must not be null.`);
    if (operation === ConfigOperation.SET) {
      values.set(name, change.value);
      continue;
    }
    if (operation !== ConfigOperation.APPEND && operation !== ConfigOperation.SUBTRACT) {
      return invalidRequest(`${operation} is not an operation on a setting.`);
    }
    if (definition.type !== 'LIST') {
      return invalidConfig(`${name} is not a list, so nothing can be added to it or taken away.`);
    }
    const list = { present: context.effective(definition), items: change.value };
    values.set(name, operation === ConfigOperation.APPEND ? append(list) : subtract(list));
  }
  return { ok: true, values };
}

interface ListChange {
  readonly present: string;
  readonly items: string;
}

function append({ present, items }: ListChange): string {
  return [...new Set([...splitList(present), ...splitList(items)])].join(',');
}

function subtract({ present, items }: ListChange): string {
  const removed = new Set(splitList(items));
  return splitList(present)
    .filter((item) => !removed.has(item))
    .join(',');
}

function splitList(text: string): readonly string[] {
  return text.trim() === '' ? [] : text.split(',').map((item) => item.trim());
}

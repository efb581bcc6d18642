import { expect } from 'vitest';
import type { Caller } from './driver.ts';
import type { Feature } from './features.ts';
import type { Incoming, Outgoing } from './operations.ts';
import type { Stage } from './stage.ts';

/** The scenarios of some features; it throws when the broker or the client does not do as the feature says. */
export type Scenarios<Some extends Feature> = Readonly<
  Record<Some, (stage: Stage) => Promise<void>>
>;

/** `count` small records with keys, spread by the client's own partitioner. */
export function someRecords(count: number, prefix = 'value'): Outgoing[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `key-${index}`,
    value: `${prefix}-${index}`,
  }));
}

export function valuesOf(records: readonly { readonly value: string | null }[]): string[] {
  return records.map(({ value }) => String(value));
}

/** Checks that `reader` finds exactly these values in the topic, in any order of partitions. */
export async function expectValues(
  reader: Caller,
  topic: string,
  values: readonly string[],
): Promise<readonly Incoming[]> {
  const { records } = await reader.call('read', { topic, count: values.length, committed: true });
  expect(valuesOf(records).toSorted()).toEqual(values.toSorted());
  return records;
}

/** Checks that an answer is a refusal with such a text. Scenarios run side by side, which `rejects` does not know. */
export async function expectRefusal(answer: Promise<unknown>, text: RegExp): Promise<void> {
  const refusal = await answer.then(
    () => 'it was allowed',
    (error: unknown) => String(error),
  );
  expect(refusal).toMatch(text);
}

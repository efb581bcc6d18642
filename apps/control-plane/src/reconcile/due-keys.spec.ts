import { array, assert, nat, option, property } from 'fast-check';
import { expect, test } from 'vitest';
import { DueKeys } from './due-keys.ts';

/** What is pushed, by time; undefined = one is taken out. */
const actions = array(option(nat(20), { nil: undefined, freq: 3 }), { maxLength: 200 });

test('keys come out as if they had been sorted by time, and by order of arrival within one time', () => {
  assert(
    property(actions, (steps) => {
      const keys = new DueKeys();
      let model: { readonly key: string; readonly dueMs: number }[] = [];
      const taken: unknown[] = [];
      const expected: unknown[] = [];
      for (const [index, dueMs] of [...steps, ...steps.map(() => undefined)].entries()) {
        const key = String(index);
        if (dueMs !== undefined) keys.push({ key, dueMs });
        else taken.push(keys.shift()?.key);
        if (dueMs !== undefined) model.push({ key, dueMs });
        else expected.push(model.shift()?.key);
        model = model.toSorted((a, b) => a.dueMs - b.dueMs);
        expect([keys.size, keys.peek()?.key]).toEqual([model.length, model[0]?.key]);
      }
      expect(taken).toEqual(expected);
    }),
  );
});

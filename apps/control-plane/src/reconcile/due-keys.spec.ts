import fc from 'fast-check';
import { expect, test } from 'vitest';
import { DueKeys } from './due-keys.ts';

test('keys come out as if they had been sorted by time, and by order of arrival within one time', () => {
  const actions = fc.array(fc.option(fc.nat(20), { nil: undefined, freq: 3 }), { maxLength: 200 });
  fc.assert(
    fc.property(actions, (steps) => {
      const keys = new DueKeys();
      let model: { readonly key: string; readonly dueMs: number }[] = [];
      for (const [index, dueMs] of steps.entries()) {
        if (dueMs === undefined) {
          expect(keys.shift()?.key).toBe(model.shift()?.key);
          continue;
        }
        keys.push({ key: String(index), dueMs });
        model = [...model, { key: String(index), dueMs }].toSorted((a, b) => a.dueMs - b.dueMs);
        expect(keys.peek()?.key).toBe(model[0]?.key);
        expect(keys.size).toBe(model.length);
      }
      expect(model.map(() => keys.shift()?.key)).toEqual(model.map(({ key }) => key));
      expect(keys.shift()).toBeUndefined();
    }),
  );
});
